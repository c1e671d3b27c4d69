"""Floor 1: questions asked of a trace. Pure functions; nothing here knows torch."""
