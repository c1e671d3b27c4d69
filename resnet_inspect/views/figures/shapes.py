"""A picture: rectangles, lines and texts at their places, in no format yet.

Lengths are in pixels, from the upper left corner. A role names a colour, which is the writer's
matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from unicodedata import combining, east_asian_width

Point = tuple[float, float]

TEXT, SMALL, TITLE = 12.0, 10.5, 17.0
"""Sizes of letters."""
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


def width_of(written: str, size: float = TEXT, *, bold: bool = False) -> float:
    """How wide a text is at most, in the fonts that systems have for sans serif."""
    widths = sum(map(_letter, written))
    return widths * size * (1.08 if bold else 1.0)


def _letter(letter: str) -> float:
    if combining(letter):
        return 0.0
    if letter in " .,:;|!'`ijl/()[]I·²³":
        return 0.4
    if letter in "mwMW@%—…" or east_asian_width(letter) in "WF":
        return 1.0
    if letter.isupper() or letter in "+×÷<>=~#&_":
        return 0.75
    return 0.62 if letter.isascii() else 0.75
