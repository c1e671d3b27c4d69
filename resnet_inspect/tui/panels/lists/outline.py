"""A table with what it takes to fold it and to find rows in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator

from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words.text import RAISED

WHOLES = frozenset({"network", "rest"})
"""Kinds of rows that no filter finds: all the others together, and what these leave out."""


def path_of(table: Table, row: Row) -> str:
    """The path of a row as it is written, without the sign that printouts set behind it."""
    return table.cell(row, "path").text.removesuffix(f" {RAISED}")


class Outline:
    """A table with what it takes to fold it and to find rows in it; made in any thread."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.raised = False
        """Whether the forward pass raised in one of the rows."""
        self.outer: list[int] = []
        """For each row, the place of the row that it is in; -1 if it is in none."""
        self.after: list[int] = [len(table.rows)] * len(table.rows)
        """For each row, the place behind all that is in it."""
        self.place_of: dict[tuple[str, tuple[int, int]], int] = {}
        """Places by kind and span."""
        self.begins: dict[int, int] = {}
        """For each call at which rows begin, the place of the innermost of them."""
        self.leaves: list[tuple[int, int]] = []
        """First call and place of the rows that nothing breaks down, in the order of calls."""
        self.rests = 0
        """How many rows stand for the network, or for what the others leave out."""
        opened: list[int] = []
        for place, row in enumerate(table.rows):
            while opened and table.rows[opened[-1]].level >= row.level:
                self.after[opened.pop()] = place
            self.outer.append(opened[-1] if opened else -1)
            opened.append(place)
            self.place_of[row.kind, row.span] = self.begins[row.span[0]] = place
            if not row.subtotal and row.span[0] >= 0:
                self.leaves.append((row.span[0], place))
            self.rests += row.kind in WHOLES
            self.raised |= row.raised
        self.leaves.sort()

    def place_at(self, span: tuple[int, int], kind: str) -> int | None:
        """The place of the row of these calls, or of one that begins with them or holds them."""
        place = self.place_of.get((kind, span), self.begins.get(span[0]))
        if place is None and self.leaves:
            place = self.leaves[max(0, bisect_left(self.leaves, (span[0], 0)) - 1)][1]
        return place

    def place_with(self, path: str) -> int | None:
        """The place of the first row with this path; every one before it is written for that."""
        rows = enumerate(self.table.rows)
        return next((place for place, row in rows if path_of(self.table, row) == path), None)

    def place_like(self, before: Table, row: Row) -> int | None:
        """The place of the row that has the kind and path of a row of another table."""
        path = path_of(before, row)

        def is_like(place: int) -> bool:
            other = self.table.rows[place]
            return other.kind == row.kind and path_of(self.table, other) == path

        likely = self.place_of.get((row.kind, row.span))
        if likely is not None and is_like(likely):
            return likely
        return next((place for place in range(len(self.table.rows)) if is_like(place)), None)

    def place_for(self, before: Table, row: Row) -> int | None:
        """The place of what stands for a row of another table: its like, or what holds its calls.

        That is the row of the fewest calls: a block for its layer, one of several for one of them.
        """
        place = self.place_like(before, row)
        if place is not None or before.model != self.table.model or row.span[0] < 0:
            return place
        first, last = row.span
        holding = (
            (end - start, place)
            for place, other in enumerate(self.table.rows)
            for start, end in other.spans
            if start <= first and last <= end
        )
        found = min(holding, default=None)
        return self.place_at(row.span, row.kind) if found is None else found[1]

    def around(self, place: int) -> Iterator[int]:
        """Places of the rows that the row at this place is in, from the inside outwards."""
        outer = self.outer[place]
        while outer >= 0:
            yield outer
            outer = self.outer[outer]

    def unfolded(self, folded: Collection[tuple[int, int]]) -> list[int]:
        """Places of the rows that are in none of these spans."""
        rows = self.table.rows
        if not folded:
            return list(range(len(rows)))
        found = []
        place = 0
        while place < len(rows):
            found.append(place)
            place = self.after[place] if rows[place].span in folded else place + 1
        return found

    def with_sections(self, places: Iterable[int]) -> list[int]:
        """These places, and those of the sections that they are in."""
        found = set(places)
        for place in tuple(found):
            for outer in self.around(place):
                if outer in found:
                    break
                found.add(outer)
        return sorted(found)
