"""Questions asked of a trace. Pure functions; nothing here knows torch."""
