"""Types of parameters: what a word on the command line may be, and what completes it."""
