"""Whether two networks with the same weights give the same on an input, and where they part."""
