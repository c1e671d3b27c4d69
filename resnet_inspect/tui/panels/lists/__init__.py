"""Lists of rows, of which the tree and the table are made: folded, searched, moved in."""
