"""A figure given its places: the main path in a line, all other paths beside it.

The main path is the longest one. Each of its boxes has a row of its own, in which the boxes of
other paths may stand too. What leaves the main path and comes back, with boxes or without, runs
beside it on a track of its own; the shortest is the innermost. Lengths along the main path and
across it are computed apart, so that top-down and left-right are one layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from resnet_inspect.views.figures.graph import Box, Figure, Frame, Link, clipped
from resnet_inspect.views.figures.shapes import (
    SMALL,
    TEXT,
    TITLE,
    Line,
    Picture,
    Point,
    Rectangle,
    Shape,
    Words,
    width_of,
)

Direction = Literal["down", "right"]

_LINE, _SMALL_LINE = 16.0, 14.0
_PAD = 10.0
"""Between a box and its text."""
_FORK = 18.0
"""Before a box: room for the lines that leave the main path there."""
_APART = 22.0
"""Between what stands side by side."""
_FRAME = 14.0
"""Between a frame and what is in it."""
_FRAME_TITLE = 18.0
_MARGIN = 24.0


@dataclass(frozen=True, slots=True)
class _Path:
    """What runs beside the main path: boxes, if any, and the links before and after them."""

    boxes: tuple[int, ...]
    links: tuple[int, ...]
    first: int
    """The first row that it passes."""
    last: int
    """The row in which it ends."""


@dataclass
class _Places:
    """Where boxes and tracks are: along the main path and across it."""

    along: dict[int, float] = field(default_factory=dict)
    """The middle of a box along the main path."""
    across: dict[int, float] = field(default_factory=dict)
    track: dict[int, float] = field(default_factory=dict)
    """Across: where a link runs that is not straight."""
    turn: dict[int, float] = field(default_factory=dict)
    """Along: where such a link leaves for its track."""


def place(figure: Figure, direction: Direction = "down") -> Picture:
    """The figure as a picture."""
    return _Layout(figure, direction).picture()


class _Layout:
    def __init__(self, figure: Figure, direction: Direction) -> None:
        self.figure = figure
        self.down = direction == "down"
        self.sizes = [_size(box) for box in figure.boxes]
        self.out: list[list[int]] = [[] for _ in figure.boxes]
        self.into: list[list[int]] = [[] for _ in figure.boxes]
        for number, link in enumerate(figure.links):
            if link.source < link.target:
                self.out[link.source].append(number)
                self.into[link.target].append(number)
        self.row, self.main = self._rows()
        self.paths = self._paths()
        self.places = self._places()

    # Which row, which path.

    def _rows(self) -> tuple[list[int], list[int]]:
        """The row of each box, and the longest path; of equals, that without shortcuts."""
        links = self.figure.links
        best: list[tuple[int, int]] = []
        before: list[int | None] = []
        for box in range(len(self.figure.boxes)):
            score, link = (0, 0), None
            for number in self.into[box]:
                length, shortcuts = best[links[number].source]
                found = (length + 1, shortcuts - links[number].shortcut)
                if found > score or link is None:
                    score, link = found, number
            best.append(score)
            before.append(link)
        end = max(range(len(best)), key=lambda box: (best[box], box), default=None)
        main: list[int] = []
        while end is not None:
            main.append(end)
            link = before[end]
            end = None if link is None else links[link].source
        return [length for length, _ in best], main[::-1]

    def _paths(self) -> list[_Path]:
        """Every path beside the main one, the shortest first."""
        links = self.figure.links
        placed = set(self.main)
        straight = {
            number
            for box, after in pairwise(self.main)
            for number in self.out[box]
            if links[number].target == after
        }
        self.straight = set(straight)
        used = set(straight)
        found: list[_Path] = []
        for box in sorted(range(len(self.figure.boxes)), key=lambda box: (self.row[box], box)):
            if box in placed:
                continue
            held, taken = [box], [n for n in self.into[box] if links[n].source in placed][:1]
            placed.add(box)
            while True:
                ahead = [n for n in self.out[held[-1]] if links[n].target not in placed]
                ahead = [n for n in ahead if self.row[links[n].target] == self.row[held[-1]] + 1]
                if not ahead:
                    break
                taken.append(ahead[0])
                self.straight.add(ahead[0])
                held.append(links[ahead[0]].target)
                placed.add(held[-1])
            home = [n for n in self.out[held[-1]] if links[n].target in self.main]
            home = [n for n in home if n not in used]
            first, last = self.row[held[0]], self.row[held[-1]]
            if taken and links[taken[0]].target == box:
                first = self.row[links[taken[0]].source] + 1
            if home:
                taken.append(home[0])
                last = self.row[links[home[0]].target]
                self._shift(held, taken, first, last)
                first = min(first, self.row[held[0]]) if self.into[held[0]] else self.row[held[0]]
            used.update(taken)
            found.append(_Path(tuple(held), tuple(taken), first, last))
        for number, link in enumerate(links):
            if number not in used:
                ends = self.row[link.source], self.row[link.target]
                found.append(_Path((), (number,), min(ends) + 1, max(ends)))
        return sorted(found, key=lambda path: (path.last - path.first, path.first))

    def _shift(self, held: list[int], taken: list[int], first: int, last: int) -> None:
        """Move boxes that nothing else is tied to: to the middle of their path, or to its end.

        To the end where nothing leads to them, as to a constant.
        """
        room = last - first - len(held)
        ties = sum(len(self.out[box]) + len(self.into[box]) for box in held)
        if ties != 2 * len(held) - (not self.into[held[0]]):
            return
        begin = first + (room // 2 if self.into[held[0]] else room)
        for number, box in enumerate(held):
            self.row[box] = begin + number

    # Lengths.

    def _extent(self, box: int) -> tuple[float, float]:
        """A box's size along the main path and across it."""
        width, height = self.sizes[box]
        return (height, width) if self.down else (width, height)

    def _label(self, link: Link) -> tuple[float, float]:
        width = max((width_of(row, SMALL) for row in link.rows), default=0.0)
        height = _SMALL_LINE * len(link.rows)
        return (height, width + 8) if self.down else (width, height + 4)

    def _places(self) -> _Places:
        found = _Places()
        rows = 1 + max(self.row, default=0)
        thick = [0.0] * rows
        reach = [0.0] * rows
        for box, row in enumerate(self.row):
            thick[row] = max(thick[row], self._extent(box)[0])
        for box in self.main:
            row = self.row[box]
            reach[row] = max(reach[row], self._extent(box)[1] / 2)
            found.across[box] = 0.0
        self.starts, self.turns, self.labelled = self._gaps(thick)
        starts = self.starts
        for box, row in enumerate(self.row):
            found.along[box] = starts[row] + thick[row] / 2
        for number in self.straight:
            link = self.figure.links[number]
            if found.across.get(link.source) == 0.0:
                row = self.row[link.target]
                reach[row] = max(reach[row], 4 + self._label(link)[1])
        for path in self.paths:
            inner = max(reach[path.first : path.last + 1], default=0.0) + _APART
            labels = max((self._label(self.figure.links[n])[1] for n in path.links), default=0.0)
            half = max((self._extent(box)[1] / 2 for box in path.boxes), default=4.0)
            middle = inner + half
            outer = middle + max(half, labels + 4)
            for box in path.boxes:
                found.across[box] = middle
            for number in path.links:
                found.track[number] = middle
            for row in range(path.first, path.last + 1):
                reach[row] = max(reach[row], outer)
        for number, link in enumerate(self.figure.links):
            if number in found.track:
                row = min(self.row[link.source] + 1, rows - 1)
                found.turn[number] = starts[row] - self.turns[row]
        return found

    def _gaps(self, thick: Sequence[float]) -> tuple[list[float], list[float], list[float]]:
        """Where each row begins; how far before it lines turn off; where the main one's text is."""
        rows = len(thick)
        main_label, side_label = [0.0] * rows, [0.0] * rows
        for number, link in enumerate(self.figure.links):
            row = self.row[link.target]
            size = self._label(link)[0]
            if number in self.straight:
                main_label[row] = max(main_label[row], size + 6)
        for path in self.paths:
            if path.boxes and path.links:
                first = self.figure.links[path.links[0]]
                row = self.row[path.boxes[0]]
                if first.target == path.boxes[0]:
                    side_label[row] = max(side_label[row], self._label(first)[0])
        opened, closed = [0.0] * (rows + 1), [0.0] * (rows + 1)
        for frame in self.figure.frames:
            held = [self.row[box] for box in frame.boxes]
            title = _FRAME_TITLE if frame.inner and self.down else 0.0
            pad = _FRAME / 2 if frame.inner else _FRAME
            opened[min(held)] += pad + title
            closed[max(held) + 1] += pad
        starts, turns, labelled = [], [], []
        at = 0.0
        for row in range(rows):
            at += closed[row]
            # Beside the main line other lines begin; above it the whole gap is free.
            turning = _FORK + side_label[row]
            free = main_label[row] + (0.0 if self.down or opened[row] else turning)
            labelled.append(at + free / 2)
            at += main_label[row] + opened[row] + turning
            turns.append(_FORK / 2 + side_label[row])
            starts.append(at)
            at += thick[row]
        return starts, turns, labelled

    # Shapes.

    def picture(self) -> Picture:
        """All shapes, moved to where the page begins."""
        frames = list(self._frames())
        boxes = [shape for number in range(len(self.figure.boxes)) for shape in self._box(number)]
        links = list(self._links())
        shapes: list[Shape] = [*frames, *links, *boxes]
        left = min((_bounds(shape)[0] for shape in shapes), default=0.0)
        top = min((_bounds(shape)[1] for shape in shapes), default=0.0)
        right = max((_bounds(shape)[2] for shape in shapes), default=0.0)
        bottom = max((_bounds(shape)[3] for shape in shapes), default=0.0)
        title = clipped(self.figure.title, 60, keep_end=False)
        caption = self.figure.caption
        head = _MARGIN + TITLE + 6 + SMALL + 18
        wide = max(right - left, width_of(title, TITLE, bold=True), width_of(caption, SMALL))
        across = _MARGIN - left + (wide - (right - left)) / 2
        moved = [_moved(shape, across, head - top) for shape in shapes]
        middle = _MARGIN + wide / 2
        heading = [
            Words(middle, _MARGIN + TITLE - 3, title, size=TITLE, bold=True),
            Words(middle, _MARGIN + TITLE + 6 + SMALL, caption, "muted", SMALL),
        ]
        return Picture(
            self.figure.title,
            caption,
            wide + 2 * _MARGIN,
            bottom - top + head + _MARGIN,
            (*heading, *moved),
        )

    def _at(self, along: float, across: float) -> Point:
        return (across, along) if self.down else (along, across)

    def _corner(self, box: int) -> Point:
        x, y = self._at(self.places.along[box], self.places.across[box])
        width, height = self.sizes[box]
        return x - width / 2, y - height / 2

    def _box(self, number: int) -> Iterator[Shape]:
        box = self.figure.boxes[number]
        x, y = self._corner(number)
        width, height = self.sizes[number]
        radius = height / 2 if box.role in ("add", "end") else 6.0
        tip = box.tip or box.title
        yield Rectangle(x, y, width, height, box.role, radius, number, tip)
        middle = x + width / 2
        at = y + (height - _text_height(box)) / 2
        if box.title:
            at += _SMALL_LINE
            yield Words(middle, at - 3.5, box.title, "muted", SMALL, node=number)
        for row in box.rows:
            at += _LINE
            yield Words(middle, at - 4, row, "ink", TEXT, node=number)

    def _links(self) -> Iterator[Shape]:
        words: list[Shape] = []
        # Where a shortcut leaves along the main path, the main path is seen.
        order = sorted(enumerate(self.figure.links), key=lambda item: not item[1].shortcut)
        for number, link in order:
            points = self._points(number)
            role = "shortcut" if link.shortcut else "line"
            yield Line(tuple(self._at(*point) for point in points), role, number)
            words += self._written(number, points)
        yield from words

    def _points(self, number: int) -> list[tuple[float, float]]:
        link, places = self.figure.links[number], self.places
        begin = places.along[link.source] + self._extent(link.source)[0] / 2
        side = places.across[link.source]
        ahead = places.along[link.target] - self._extent(link.target)[0] / 2
        aim = places.across[link.target]
        if number not in places.track or (side == aim == places.track[number]):
            return [(begin, side), (ahead, aim)]
        track, turn = places.track[number], places.turn[number]
        points = [(begin, side)]
        if side != track:
            points += [(turn, side), (turn, track)]
        if aim == track:
            return [*points, (ahead, aim)]
        if self._blocked(link.target, track):
            row = self.row[link.target]
            above = self.starts[row] - self.turns[row]
            return [*points, (above, track), (above, aim), (ahead, aim)]
        arrives = self._arrival(number)
        half = self._extent(link.target)[1] / 2
        return [*points, (arrives, track), (arrives, aim + half if track > aim else aim - half)]

    def _blocked(self, target: int, track: float) -> bool:
        """Whether another box stands between a track and the side of its target."""
        low, high = sorted((self.places.across[target], track))
        return any(
            low < self.places.across[box] < high and box != target
            for box in self._in_row[self.row[target]]
        )

    @cached_property
    def _in_row(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.starts]
        for box, row in enumerate(self.row):
            found[row].append(box)
        return found

    def _arrival(self, number: int) -> float:
        """Where a link comes in at the side of its target: spread out where there are several."""
        target = self.figure.links[number].target
        sides = self._sides[target]
        room = self._extent(target)[0] * 0.6
        part = (sides.index(number) + 1) / (len(sides) + 1) - 0.5
        return self.places.along[target] + part * room

    @cached_property
    def _sides(self) -> list[list[int]]:
        """For each box, the links that come in at its side, the outermost first."""
        found: list[list[int]] = [[] for _ in self.figure.boxes]
        for number, track in self.places.track.items():
            target = self.figure.links[number].target
            if track != self.places.across[target]:
                found[target].append(number)
        for links in found:
            links.sort(key=lambda number: -self.places.track[number])
        return found

    def _written(self, number: int, points: Sequence[Point]) -> Iterator[Shape]:
        """What is written on a link: beside its longest part along the main path."""
        link = self.figure.links[number]
        row = self.row[link.target]
        if number in self.places.track:
            track = self.places.track[number]
            parts = [(a, b) for a, b in pairwise(points) if a[1] == b[1] == track]
            (begin, across), (end, _) = max(parts, key=lambda part: abs(part[1][0] - part[0][0]))
            along, outside = (begin + end) / 2, True
        else:
            along, across, outside = self.labelled[row], points[0][1], False
        x, y = self._at(along, across)
        height = _SMALL_LINE * len(link.rows)
        if self.down:
            x, y = x + 7, y - height / 2
        else:
            y = y + 3 if outside else y - 5 - height
        for place, line in enumerate(link.rows):
            anchor: Literal["start", "middle"] = "start" if self.down else "middle"
            role = "shortcut text" if link.shortcut else "muted"
            at = y + _SMALL_LINE * (place + 1) - 3.5
            yield Words(x, at, line, role, SMALL, anchor, link=number)

    def _frames(self) -> Iterator[Shape]:
        inner: list[tuple[Frame, tuple[float, float, float, float]]] = []
        outer: list[Shape] = []
        drawn: list[Shape] = []
        for frame in sorted(self.figure.frames, key=lambda frame: not frame.inner):
            within = [found for other, found in inner if set(other.boxes) <= set(frame.boxes)]
            begin, low, end, high = self._hull(frame, within)
            inner.append((frame, (begin, low, end, high)))
            (x, y), (right, bottom) = self._at(begin, low), self._at(end, high)
            role = "block frame" if frame.inner else "stage frame"
            shape = Rectangle(x, y, right - x, bottom - y, role, 8.0 if frame.inner else 12.0)
            if frame.inner:
                # The main path runs through a frame that is on it.
                room = -low - 14 if self.down and low < 0 else right - x - 16
                title = _fitted(frame.title, room)
                drawn += [shape, Words(x + 8, y + 14, title, "muted", SMALL, "start", bold=True)]
            elif self.down:
                middle = (y + bottom) / 2 + 4
                outer += [shape, Words(x - 10, middle, frame.title, anchor="end", bold=True)]
            else:
                outer += [shape, Words(x, y - 8, frame.title, anchor="start", bold=True)]
        yield from outer
        yield from drawn

    def _hull(
        self, frame: Frame, within: Sequence[tuple[float, float, float, float]]
    ) -> tuple[float, float, float, float]:
        """Begin and end along the main path, lowest and highest across, of a frame."""
        held = set(frame.boxes)
        parts = list(within)
        for box in frame.boxes:
            along, across = self._extent(box)
            at, side = self.places.along[box], self.places.across[box]
            begin = at - along / 2
            if self.row[box] == min(self.row[b] for b in held):
                begin = self.starts[self.row[box]] - self.turns[self.row[box]] - _FORK / 2
            parts.append((begin, side - across / 2, at + along / 2, side + across / 2))
        for number, track in self.places.track.items():
            link = self.figure.links[number]
            if link.target in held and (link.source in held or link.shortcut):
                at = self.places.along[link.target]
                parts.append((at, track, at, track + self._label(link)[1] + 4))
        begins, lows, ends, highs = zip(*parts, strict=True)
        title = _FRAME_TITLE if frame.inner else 0.0
        pad = _FRAME / 2 if frame.inner else _FRAME
        before, above = (title, 0.0) if self.down else (0.0, title)
        return (
            min(begins) - pad - before, min(lows) - pad - above, max(ends) + pad, max(highs) + pad
        )  # fmt: skip


def _text_height(box: Box) -> float:
    return _LINE * len(box.rows) + (_SMALL_LINE if box.title else 0.0)


def _size(box: Box) -> tuple[float, float]:
    """Width and height of a box with its text; what is only a sign is a circle."""
    rows = max(width_of(row, TEXT) for row in box.rows)
    title = width_of(box.title, SMALL)
    if box.role == "add":
        return max(26.0, rows + 16), 26.0
    if box.role == "end":
        return rows + 2 * _PAD + 4, 24.0
    return max(120.0, rows + 2 * _PAD, title + 2 * _PAD), _text_height(box) + 12


def _fitted(title: str, room: float) -> str:
    """The end of a title, as much as there is room for."""
    for most in range(len(title), 0, -1):
        found = clipped(title, most)
        if width_of(found, SMALL, bold=True) <= room:
            return found
    return ""


def _bounds(shape: Shape) -> tuple[float, float, float, float]:
    if isinstance(shape, Rectangle):
        return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    if isinstance(shape, Line):
        xs, ys = zip(*shape.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    width = width_of(shape.text, shape.size, bold=shape.bold)
    left = shape.x - {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
    return left, shape.y - shape.size, left + width, shape.y + shape.size / 3


def _moved(shape: Shape, x: float, y: float) -> Shape:
    if isinstance(shape, Line):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    return replace(shape, x=shape.x + x, y=shape.y + y)
