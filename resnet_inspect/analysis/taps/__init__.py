"""Taps: the feature maps that a U-Net, an FPN or a detector would take from a network."""
