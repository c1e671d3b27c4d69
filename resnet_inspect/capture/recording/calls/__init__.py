"""The calls of a forward while it runs: what each takes and gives, and which is inside which."""
