"""The commands, a file for each. A command asks the pipeline and hands on what it says."""
