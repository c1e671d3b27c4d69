"""The dimensions of pictures that have plots, in pixels."""

from __future__ import annotations

WIDTH, HEIGHT = 640.0, 190.0
"""Of a plot."""
MARGIN = 24.0
"""Around the picture."""
LEFT = 64.0
"""What the numbers on the left of a plot take."""
GAP = 54.0
"""Between a plot and the one below it."""
