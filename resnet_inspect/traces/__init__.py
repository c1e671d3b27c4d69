"""The trace as a value. Standard library only."""
