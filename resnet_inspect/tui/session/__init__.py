"""What is looked at, and how: no widget and no process, so that any of them can hold it."""
