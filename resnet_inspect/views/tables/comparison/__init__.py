"""Two networks side by side, as tables."""
