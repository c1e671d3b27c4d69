"""Which path of a figure is the main one, which row each box has, and what runs beside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from resnet_inspect.views.figures.figure import Figure


@dataclass(frozen=True, slots=True)
class Path:
    """What runs beside the main path: boxes, if any, and the links before and after them."""

    boxes: tuple[int, ...]
    links: tuple[int, ...]
    first: int
    """The first row that it passes."""
    last: int
    """The row in which it ends."""


class Paths:
    """The row of each box, the main path, and every path beside it."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self._out: list[list[int]] = [[] for _ in figure.boxes]
        self._into: list[list[int]] = [[] for _ in figure.boxes]
        for number, link in enumerate(figure.links):
            if link.source < link.target:
                self._out[link.source].append(number)
                self._into[link.target].append(number)
        self.row, self.main = self._rows()
        self.straight: set[int] = set()
        """The links that run straight on to the next box of their path."""
        self.beside = self._paths()
        """Every path beside the main one, the shortest first."""

    def _rows(self) -> tuple[list[int], list[int]]:
        """The row of each box, and the longest path; of equals, that without shortcuts."""
        links = self.figure.links
        best: list[tuple[int, int]] = []
        before: list[int | None] = []
        for box in range(len(self.figure.boxes)):
            score, link = (0, 0), None
            for number in self._into[box]:
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

    def _paths(self) -> list[Path]:
        """Every path beside the main one, the shortest first."""
        links = self.figure.links
        placed = set(self.main)
        straight = {
            number
            for box, after in pairwise(self.main)
            for number in self._out[box]
            if links[number].target == after
        }
        self.straight = set(straight)
        used = set(straight)
        found: list[Path] = []
        for box in sorted(range(len(self.figure.boxes)), key=lambda box: (self.row[box], box)):
            if box in placed:
                continue
            held, taken = [box], [n for n in self._into[box] if links[n].source in placed][:1]
            placed.add(box)
            while True:
                ahead = [n for n in self._out[held[-1]] if links[n].target not in placed]
                ahead = [n for n in ahead if self.row[links[n].target] == self.row[held[-1]] + 1]
                if not ahead:
                    break
                taken.append(ahead[0])
                self.straight.add(ahead[0])
                held.append(links[ahead[0]].target)
                placed.add(held[-1])
            home = [n for n in self._out[held[-1]] if links[n].target in self.main]
            home = [n for n in home if n not in used]
            first, last = self.row[held[0]], self.row[held[-1]]
            if taken and links[taken[0]].target == box:
                first = self.row[links[taken[0]].source] + 1
            if home:
                taken.append(home[0])
                last = self.row[links[home[0]].target]
                self._shift(held, taken, first, last)
                first = min(first, self.row[held[0]]) if self._into[held[0]] else self.row[held[0]]
            used.update(taken)
            found.append(Path(tuple(held), tuple(taken), first, last))
        for number, link in enumerate(links):
            if number not in used:
                ends = self.row[link.source], self.row[link.target]
                found.append(Path((), (number,), min(ends) + 1, max(ends)))
        return sorted(found, key=lambda path: (path.last - path.first, path.first))

    def _shift(self, held: list[int], taken: list[int], first: int, last: int) -> None:
        """Move boxes that nothing else is tied to: to the middle of their path, or to its end.

        To the end where nothing leads to them, as to a constant.
        """
        room = last - first - len(held)
        ties = sum(len(self._out[box]) + len(self._into[box]) for box in held)
        if ties != 2 * len(held) - (not self._into[held[0]]):
            return
        begin = first + (room // 2 if self._into[held[0]] else room)
        for number, box in enumerate(held):
            self.row[box] = begin + number
