"""A figure given its places: the main path in a line, all other paths beside it.

The main path is the longest one. Each of its boxes has a row of its own, in which the boxes of
other paths may stand too. What leaves the main path and comes back, with boxes or without, runs
beside it on a track of its own; the shortest is the innermost. Lengths along the main path and
across it are computed apart, so that top-down and left-right are one layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.layout.frames import frames
from resnet_inspect.views.figures.layout.links import Links
from resnet_inspect.views.figures.layout.paths import Paths
from resnet_inspect.views.figures.layout.places import LINE, MARGIN, SMALL_LINE, Places, text_height
from resnet_inspect.views.figures.lettering import SMALL, TEXT, TITLE, clipped, width_of
from resnet_inspect.views.figures.shapes import Line, Picture, Rectangle, Shape, Words

__all__ = ["Direction", "hull", "moved", "place", "placed"]

Direction = Literal["down", "right"]


def place(figure: Figure, direction: Direction = "down") -> Picture:
    """The figure as a picture: all its shapes, moved to where the page begins."""
    shapes = placed(figure, direction)
    left, top, right, bottom = hull(shapes)
    title = clipped(figure.title, 60, keep_end=False)
    caption = figure.caption
    head = MARGIN + TITLE + 6 + SMALL + 18
    wide = max(right - left, width_of(title, TITLE, bold=True), width_of(caption, SMALL))
    across = MARGIN - left + (wide - (right - left)) / 2
    shifted = [moved(shape, across, head - top) for shape in shapes]
    middle = MARGIN + wide / 2
    heading = [
        Words(middle, MARGIN + TITLE - 3, title, size=TITLE, bold=True),
        Words(middle, MARGIN + TITLE + 6 + SMALL, caption, "muted", SMALL),
    ]
    return Picture(
        figure.title,
        caption,
        wide + 2 * MARGIN,
        bottom - top + head + MARGIN,
        (*heading, *shifted),
    )


def placed(figure: Figure, direction: Direction = "down") -> list[Shape]:
    """The shapes of a figure, from the back to the front; its main path runs along 0."""
    places = Places(Paths(figure), down=direction == "down")
    boxes = [shape for number in range(len(figure.boxes)) for shape in _box(places, number)]
    return [*frames(places), *Links(places).shapes(), *boxes]


def hull(shapes: Sequence[Shape]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what holds all shapes; zeros for none."""
    if not shapes:
        return 0.0, 0.0, 0.0, 0.0
    lefts, tops, rights, bottoms = zip(*map(_bounds, shapes), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _box(places: Places, number: int) -> Iterator[Shape]:
    box = places.figure.boxes[number]
    width, height = places.sizes[number]
    center = places.at(places.along[number], places.across[number])
    x, y = center[0] - width / 2, center[1] - height / 2
    radius = height / 2 if box.role in ("add", "end") else 6.0
    tip = box.tip or box.title
    yield Rectangle(x, y, width, height, box.role, radius, number, tip)
    middle = x + width / 2
    at = y + (height - text_height(box)) / 2
    if box.title:
        at += SMALL_LINE
        yield Words(middle, at - 3.5, box.title, "muted", SMALL, node=number)
    for row in box.rows:
        at += LINE
        yield Words(middle, at - 4, row, "ink", TEXT, node=number)


def _bounds(shape: Shape) -> tuple[float, float, float, float]:
    if isinstance(shape, Rectangle):
        return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    if isinstance(shape, Line):
        xs, ys = zip(*shape.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    width = width_of(shape.text, shape.size, bold=shape.bold)
    left = shape.x - {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
    return left, shape.y - shape.size, left + width, shape.y + shape.size / 3


def moved(shape: Shape, x: float, y: float) -> Shape:
    """A shape elsewhere."""
    if isinstance(shape, Line):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    return replace(shape, x=shape.x + x, y=shape.y + y)
