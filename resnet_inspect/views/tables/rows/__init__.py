"""What a row stands for, before it has cells: lines, the sections above them, which are chosen."""
