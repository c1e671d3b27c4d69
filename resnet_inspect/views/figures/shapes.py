"""A picture: rectangles, lines and texts at their places, in no format yet.

Lengths are in pixels, from the upper left corner. A role names a colour, which is the writer's
matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_inspect.views.figures.lettering import TEXT

Point = tuple[float, float]
DEGREES = 16
"""The roles "heat 0", of the least, to "heat 15"."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box, a frame or a bar."""

    x: float
    y: float
    width: float
    height: float
    role: str
    radius: float = 0.0
    node: int | None = None
    """The box of the figure that it is."""
    tip: str = ""
    frame: int | None = None
    """The frame of the figure that it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line along points, an arrow unless it is said otherwise."""

    points: tuple[Point, ...]
    role: str
    link: int | None = None
    """The link of the figure that it is."""
    arrow: bool = True
    rounded: bool = True
    """Whether its corners are round."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    role: str = "ink"
    size: float = TEXT
    anchor: Literal["start", "middle", "end"] = "middle"
    bold: bool = False
    node: int | None = None
    """The box that it stands in."""
    link: int | None = None
    """The link that it stands on."""
    frame: int | None = None
    """The frame whose title it is."""


Shape = Rectangle | Line | Words


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes from the back to the front."""

    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
