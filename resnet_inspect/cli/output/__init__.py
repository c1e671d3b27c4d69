"""From the options of a command to its output: a table on stdout or in files."""
