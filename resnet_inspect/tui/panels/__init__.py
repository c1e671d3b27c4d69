"""The panels of the explorer: each lays out cells of the views and computes no number."""
