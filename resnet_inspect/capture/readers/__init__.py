"""Readers: what a module or a torch function does becomes an `Op`."""
