"""Two networks held against each other: layers, times, and whether they are the same."""
