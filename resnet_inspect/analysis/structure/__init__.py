"""How a network is built: its graph, stages and blocks, its depth, and the survey of it all."""
