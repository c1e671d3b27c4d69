"""Pictures of a run: its curves, its confusions, and the gradients of its layers over time."""
