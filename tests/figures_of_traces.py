"""Figures of saved traces, and what must hold of every layout and chart."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

from saved import survey_of, window

from resnet_inspect.analysis.structure.graph import nodes
from resnet_inspect.traces.ops import Activate, Elementwise, Join
from resnet_inspect.views.figures import graph as figures
from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.layout import place
from resnet_inspect.views.figures.lettering import width_of
from resnet_inspect.views.figures.shapes import Line, Rectangle, Words

LEVELS: tuple[nodes.Level, ...] = ("stage", "block", "layer")
DIRECTIONS = ("down", "right")
RELU = Activate("relu")
ADD = Elementwise("add")
CAT = Join("cat", 1)
THREE = window(3, padding=1)


def figures_of(name: str) -> dict[str, Figure]:
    survey = survey_of(name)
    found = {level: figures.network(survey, level) for level in LEVELS}
    if survey.anatomy.blocks:
        found["one block"] = figures.block(survey, survey.anatomy.blocks[0].path)
        found["all blocks"] = figures.network(survey, "block", fold=False)
    return found


def sound(figure: Figure) -> None:
    """What holds of every picture, in both directions."""
    for direction in DIRECTIONS:
        picture = place(figure, direction)
        boxes = {
            s.node: s for s in picture.shapes if isinstance(s, Rectangle) and s.node is not None
        }
        assert sorted(boxes) == list(range(len(figure.boxes)))
        for one, other in combinations(boxes.values(), 2):
            apart = (
                one.x + one.width <= other.x or other.x + other.width <= one.x
                or one.y + one.height <= other.y or other.y + other.height <= one.y
            )  # fmt: skip
            assert apart, (direction, one, other)
        lines = {s.link: s for s in picture.shapes if isinstance(s, Line)}
        for number, link in enumerate(figure.links):
            points = lines[number].points
            assert on_border(points[0], boxes[link.source])
            assert on_border(points[-1], boxes[link.target])
            for start, end in pairwise(points):
                assert start[0] == end[0] or start[1] == end[1]
                crossed = {key for key, box in boxes.items() if crosses(start, end, box)}
                assert not crossed - {link.source, link.target}, (direction, link, crossed)
        for shape in picture.shapes:
            if isinstance(shape, Words):
                width = width_of(shape.text, shape.size, bold=shape.bold)
                left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
                assert left >= 0
                assert left + width <= picture.width
                assert shape.size < shape.y < picture.height
                if shape.node is not None:
                    box = boxes[shape.node]
                    assert box.x <= left
                    assert left + width <= box.x + box.width
                    assert box.y <= shape.y - shape.size + 1
                    assert shape.y <= box.y + box.height
        written = {s.link for s in picture.shapes if isinstance(s, Words) and s.link is not None}
        assert written == set(range(len(figure.links)))


def crosses(start: tuple[float, float], end: tuple[float, float], box: Rectangle) -> bool:
    (left, right), (top, bottom) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    across = (left < box.x + box.width and box.x < right) or box.x < left < box.x + box.width
    down = (top < box.y + box.height and box.y < bottom) or box.y < top < box.y + box.height
    return across and down


def on_border(point: tuple[float, float], box: Rectangle) -> bool:
    x, y = point
    inside = box.x - 0.01 <= x <= box.x + box.width + 0.01
    inside = inside and box.y - 0.01 <= y <= box.y + box.height + 0.01
    edges = (x - box.x, x - box.x - box.width, y - box.y, y - box.y - box.height)
    return inside and min(map(abs, edges)) < 0.01


def mermaid_edges(written: str) -> set[tuple[int, int]]:
    found = re.findall(r'^  n(\d+) (?:-->|-\.->)\|"[^"\n]*"\| n(\d+)$', written, re.MULTILINE)
    return {(int(source), int(target)) for source, target in found}


def dot_edges(written: str) -> set[tuple[int, int]]:
    text = r'"(?:[^"\\\n]|\\.)*"'
    found = re.findall(rf"^  n(\d+) -> n(\d+) \[label={text}(?:, color={text})?\];$", written, re.M)
    return {(int(source), int(target)) for source, target in found}
