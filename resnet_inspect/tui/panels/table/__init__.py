"""The shape trace: the table in the middle."""
