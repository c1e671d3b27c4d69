"""Drawings in lines of text: a block's two paths, the tensor's way, what one element sees.

Every function takes the width that it may use and never writes a wider line; where little room is
left it draws more simply. With `ascii` no other characters are used. A shape in a drawing is
without its batch dimension, and a square map is short: 256×56².
"""

from __future__ import annotations

from resnet_inspect.views.figures.drawings.block import block
from resnet_inspect.views.figures.drawings.field import field
from resnet_inspect.views.figures.drawings.way import way

__all__ = ["block", "field", "way"]
