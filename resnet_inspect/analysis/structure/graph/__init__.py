"""A network as a graph, at any level: what is drawn of it."""
