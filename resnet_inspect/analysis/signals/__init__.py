"""What was measured of the signals of a network, beside its analyses: of a step, and of a run."""
