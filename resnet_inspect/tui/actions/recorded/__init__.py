"""What is recorded of a network while one looks at it: times, what flows, a training's run."""
