"""A traced network against the clock, and the machine that it runs on."""
