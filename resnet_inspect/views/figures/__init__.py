"""Figures: a network or a block as boxes and edges, their layout, and the shapes that draw them."""
