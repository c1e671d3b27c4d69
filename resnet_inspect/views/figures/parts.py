"""The network's figure cut where it hangs together by one box alone, so that parts of it can fold.

A stage is there as one box, and as its blocks; a block as its paths, and as its layers; identical
blocks in a row once. Whoever stacks one of each along the main path has the figure at any state of
folding. Where paths run past a border nothing is cut there, and the part folds as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph import repeats
from resnet_inspect.analysis.structure.graph.nodes import Graph, Level, Node
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.views.figures import graph
from resnet_inspect.views.figures.figure import Figure
from resnet_inspect.views.figures.layout import hull, moved, placed
from resnet_inspect.views.figures.shapes import Line, Rectangle, Shape

Key = tuple[int, int]
"""Stage and block of a box: the stage's number and the block's add; 0 and -1 for none."""
_NO_BLOCK = -1


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the figure: from the box that it hangs on to its own last box."""

    height: float
    left: float
    """How far it reaches to the left of the main path, which runs along 0; 0 or less."""
    right: float
    top: float
    """Where its first box or frame begins, behind what leads to it."""
    shapes: tuple[Shape, ...]
    nodes: tuple[tuple[int, Node], ...]
    """What each of its boxes is, by the number that its shapes have."""
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Run:
    """A block, or identical ones in a row, of which the first is drawn."""

    blocks: tuple[Block, ...]
    closed: Segment
    """Its paths."""
    opened: Segment | None
    """Its layers, where they can be cut out."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stage, or what stands between stages."""

    stage: Stage | None
    closed: Segment | None
    """The stage as one box; None where it cannot be cut out."""
    items: tuple[Run | Segment, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The whole figure, from top to bottom."""

    title: str
    caption: str
    parts: tuple[Part, ...]
    remark: str = ""
    """Why it is coarser than asked for, or not there."""


def of_network(survey: Survey) -> Parts:
    """The figure of a network in parts; coarser where it could not be read, and it says so."""
    remark = ""
    for level in ("block", "stage"):
        try:
            found, figure = graph.with_nodes(survey, level)
        except UsageError as error:
            remark = remark or str(error)
            continue
        segments = _cut(found, figure)
        stages = _by_key(survey, "stage") if level == "block" else {}
        layers = _by_key(survey, "layer") if level == "block" else {}
        parts = tuple(_parts(survey, segments, stages, layers))
        return Parts(figure.title, figure.caption, parts, remark)
    return Parts(survey.trace.model_name, "", (), remark)


def _by_key(survey: Survey, level: Level) -> dict[Key, Segment]:
    """The segments of one level that hold a single stage or block; none if it cannot be read."""
    try:
        segments = _cut(*graph.with_nodes(survey, level))
    except UsageError:
        return {}
    alone = [(next(iter(one.keys)), one) for one in segments if len(one.keys) == 1]
    return {key: one for key, one in alone if key[0]}


def _parts(
    survey: Survey,
    segments: Sequence[Segment],
    stages: dict[Key, Segment],
    layers: dict[Key, Segment],
) -> Iterator[Part]:
    runs = {
        run[0].add: tuple(run)
        for stage in survey.anatomy.stages
        for run in repeats.runs(survey.trace, stage)
    }
    by_number = {stage.number: stage for stage in survey.anatomy.stages}
    waiting = list(segments)
    while waiting:
        numbers = {number for number, _ in waiting[0].keys}
        number = numbers.pop() if len(numbers) == 1 else 0
        held = [waiting.pop(0)]
        while waiting and number and {other for other, _ in waiting[0].keys} == {number}:
            held.append(waiting.pop(0))
        items: list[Run | Segment] = []
        for one in held:
            adds = [add for _, add in one.keys]
            alone = len(adds) == 1 and adds[0] != _NO_BLOCK
            key = (number, adds[0])
            items.append(Run(runs[adds[0]], one, layers.get(key)) if alone else one)
        closed = stages.get((number, _NO_BLOCK)) if number else None
        yield Part(by_number.get(number), closed, tuple(items))


def _key(node: Node) -> Key:
    stage = 0 if node.stage is None else node.stage.number
    return stage, _NO_BLOCK if node.block is None else node.block.add


def _cut(found: Graph, figure: Figure) -> list[Segment]:
    """The segments of a figure: cut between boxes of different stages or blocks where one can."""
    shapes = placed(figure)
    boxes = {s.node: s for s in shapes if isinstance(s, Rectangle) and s.node is not None}
    keys = [_key(node) for node in found.nodes]
    order = sorted(boxes, key=lambda number: (boxes[number].y, number))
    at = {number: place for place, number in enumerate(order)}
    held = [keys[a] == keys[b] for a, b in pairwise(order)]
    for link in figure.links:
        first, last = sorted((at[link.source], at[link.target]))
        box = boxes[link.source]
        is_main = first == at[link.source] and abs(box.x + box.width / 2) < 0.1
        for border in range(first + is_main, last):
            held[border] = True
    lowest = float("-inf")
    segment_of: list[int] = [0] * len(order)
    tops, number = [boxes[order[0]].y] if order else [], 0
    for place, box_number in enumerate(order):
        if place and not held[place - 1] and boxes[box_number].y >= lowest:
            number += 1
            tops.append(lowest)
        segment_of[box_number] = number
        lowest = max(lowest, boxes[box_number].y + boxes[box_number].height)
    return [
        _segment(found, figure, keys, shapes, segment_of, number, top)
        for number, top in enumerate(tops)
    ]


def _segment(
    found: Graph,
    figure: Figure,
    keys: Sequence[Key],
    shapes: Sequence[Shape],
    segment_of: Sequence[int],
    number: int,
    top: float,
) -> Segment:
    def place(shape: Shape) -> int | None:
        """The segment of a shape; None for what is around several."""
        if isinstance(shape, Line):
            return None if shape.link is None else segment_of[figure.links[shape.link].target]
        if shape.frame is not None:
            frame = figure.frames[shape.frame]
            inside = {segment_of[box] for box in frame.boxes}
            return inside.pop() if frame.inner and len(inside) == 1 else None
        if shape.node is not None:
            return segment_of[shape.node]
        link = None if isinstance(shape, Rectangle) else shape.link
        return None if link is None else segment_of[figure.links[link].target]

    own = [moved(shape, 0.0, -top) for shape in shapes if place(shape) == number]
    left, _, right, _ = hull(own)
    nodes = tuple((n, node) for n, node in enumerate(found.nodes) if segment_of[n] == number)
    rectangles = [shape for shape in own if isinstance(shape, Rectangle)]
    height = max(one.y + one.height for one in rectangles if one.node is not None)
    return Segment(
        height, min(left, 0.0), max(right, 0.0), min(one.y for one in rectangles), tuple(own),
        nodes, frozenset(keys[n] for n, _ in nodes),
    )  # fmt: skip
