"""The lines between boxes: how each runs, where it comes in, and what is written on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Literal

from resnet_inspect.views.figures.layout.places import SMALL_LINE, Places
from resnet_inspect.views.figures.lettering import SMALL
from resnet_inspect.views.figures.shapes import Line, Point, Shape, Words


class Links:
    """The links of a figure whose boxes have their places."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def shapes(self) -> Iterator[Shape]:
        """Every link as a line, and behind them all what is written on them."""
        words: list[Shape] = []
        # Where a shortcut leaves along the main path, the main path is seen.
        order = sorted(enumerate(self.places.figure.links), key=lambda item: not item[1].shortcut)
        for number, link in order:
            points = self._points(number)
            role = "shortcut" if link.shortcut else "line"
            yield Line(tuple(self.places.at(*point) for point in points), role, number)
            words += self._written(number, points)
        yield from words

    def _points(self, number: int) -> list[tuple[float, float]]:
        link, places = self.places.figure.links[number], self.places
        begin = places.along[link.source] + self.places.extent(link.source)[0] / 2
        side = places.across[link.source]
        ahead = places.along[link.target] - self.places.extent(link.target)[0] / 2
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
            row = self.places.paths.row[link.target]
            above = self.places.starts[row] - self.places.turns[row]
            return [*points, (above, track), (above, aim), (ahead, aim)]
        arrives = self._arrival(number)
        half = self.places.extent(link.target)[1] / 2
        return [*points, (arrives, track), (arrives, aim + half if track > aim else aim - half)]

    def _blocked(self, target: int, track: float) -> bool:
        """Whether another box stands between a track and the side of its target."""
        low, high = sorted((self.places.across[target], track))
        return any(
            low < self.places.across[box] < high and box != target
            for box in self._in_row[self.places.paths.row[target]]
        )

    @cached_property
    def _in_row(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.places.starts]
        for box, row in enumerate(self.places.paths.row):
            found[row].append(box)
        return found

    def _arrival(self, number: int) -> float:
        """Where a link comes in at the side of its target: spread out where there are several."""
        target = self.places.figure.links[number].target
        sides = self._sides[target]
        room = self.places.extent(target)[0] * 0.6
        part = (sides.index(number) + 1) / (len(sides) + 1) - 0.5
        return self.places.along[target] + part * room

    @cached_property
    def _sides(self) -> list[list[int]]:
        """For each box, the links that come in at its side, the outermost first."""
        found: list[list[int]] = [[] for _ in self.places.figure.boxes]
        for number, track in self.places.track.items():
            target = self.places.figure.links[number].target
            if track != self.places.across[target]:
                found[target].append(number)
        for links in found:
            links.sort(key=lambda number: -self.places.track[number])
        return found

    def _written(self, number: int, points: Sequence[Point]) -> Iterator[Shape]:
        """What is written on a link: beside its longest part along the main path."""
        link = self.places.figure.links[number]
        row = self.places.paths.row[link.target]
        if number in self.places.track:
            track = self.places.track[number]
            parts = [(a, b) for a, b in pairwise(points) if a[1] == b[1] == track]
            (begin, across), (end, _) = max(parts, key=lambda part: abs(part[1][0] - part[0][0]))
            along, outside = (begin + end) / 2, True
        else:
            along, across, outside = self.places.labelled[row], points[0][1], False
        x, y = self.places.at(along, across)
        height = SMALL_LINE * len(link.rows)
        if self.places.down:
            x, y = x + 7, y - height / 2
        else:
            y = y + 3 if outside else y - 5 - height
        for place, line in enumerate(link.rows):
            anchor: Literal["start", "middle"] = "start" if self.places.down else "middle"
            role = "shortcut text" if link.shortcut else "muted"
            at = y + SMALL_LINE * (place + 1) - 3.5
            yield Words(x, at, line, role, SMALL, anchor, link=number)
