"""Floor 0: the trace as a value. Standard library only."""
