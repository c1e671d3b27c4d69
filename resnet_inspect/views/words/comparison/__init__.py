"""How two networks differ, in words."""
