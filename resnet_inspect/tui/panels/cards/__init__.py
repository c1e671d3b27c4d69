"""The card of what is chosen."""
