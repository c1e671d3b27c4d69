"""Figures as plain data: parts that open and close, and the shapes that they are drawn of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resnet_inspect.formats.figures.svg import arrow_head, way
from resnet_inspect.views.figures.parts import Part, Run, Segment
from resnet_inspect.views.figures.shapes import Line, Picture, Rectangle, Shape, Words
from resnet_inspect.views.pages import Explored


def plain_figure(explored: Explored, number: Callable[[str | None], int]) -> dict[str, Any]:
    """The figure of a network in its parts; `number` is that of a place by its name."""
    figure = explored.figure

    def place(subject: Any) -> int:
        return number(explored.names.get(subject))

    def segment(one: Segment) -> dict[str, Any]:
        return {
            "height": round(one.height, 1),
            "left": round(one.left, 1),
            "right": round(one.right, 1),
            "top": round(one.top, 1),
            "shapes": [_shape(shape) for shape in one.shapes],
            "nodes": {
                box: [number(explored.place_of_node(node)), _spans(node.steps)]
                for box, node in one.nodes
            },
        }

    def item(one: Run | Segment) -> dict[str, Any]:
        if isinstance(one, Segment):
            return segment(one)
        return {
            "blocks": [place(block) for block in one.blocks],
            "closed": segment(one.closed),
            "opened": one.opened and segment(one.opened),
        }

    def part(one: Part) -> dict[str, Any]:
        return {
            "stage": place(one.stage),
            "closed": one.closed and segment(one.closed),
            "items": [item(held) for held in one.items],
        }

    return {
        "caption": figure.caption,
        "remark": figure.remark,
        "parts": [part(one) for one in figure.parts],
    }


def plain_picture(picture: Picture) -> dict[str, Any]:
    """A picture with its shapes."""
    return {
        "title": picture.title,
        "description": picture.description,
        "width": picture.width,
        "height": picture.height,
        "shapes": [_shape(shape) for shape in picture.shapes],
    }


def _spans(steps: Sequence[int]) -> list[list[int]]:
    """Runs of steps, first and last."""
    found: list[list[int]] = []
    for step in steps:
        if found and step == found[-1][1] + 1:
            found[-1][1] = step
        else:
            found.append([step, step])
    return found


def _shape(shape: Shape) -> list[Any]:
    role = shape.role.replace(" ", "-")
    match shape:
        case Rectangle(x, y, width, height):
            size = [round(length, 1) for length in (x, y, width, height)]
            return ["box", *size, role, shape.radius, shape.node, shape.tip]
        case Line():
            return ["line", way(shape), arrow_head(shape), role]
        case Words(x, y, text):
            return [
                "words", round(x, 1), round(y, 1), text, role, shape.size, shape.anchor, shape.bold,
                shape.node,
            ]  # fmt: skip
