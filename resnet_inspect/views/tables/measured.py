"""Columns of what was measured, which stand beside those of a view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.tables.table import EMPTY, Cell, Cells, Heading, Row, Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside(Generic[T]):
    """A column of what was measured: how to read it off some calls, and how to write it."""

    key: str
    title: str
    worth: int
    meaning: str
    """One line for `--columns help`, with the unit."""
    read: Callable[[T, Spans], Any]
    """The value; None where there is none."""
    write: Callable[[Any], str]

    @property
    def heading(self) -> Heading:
        """What a table carries of it."""
        return Heading(self.key, self.title, "right", self.worth, meaning=self.meaning)

    def cell(self, measured: T, spans: Spans) -> Cell:
        """The cell of these calls in this column."""
        value = self.read(measured, spans)
        return EMPTY if value is None else Cell(value, self.write(value))


def widened(table: Table, columns: Collection[Beside[T]], measured: T) -> Table:
    """The table with these columns behind its own."""
    return replace(
        table,
        columns=(*table.columns, *(column.heading for column in columns)),
        rows=tuple(extended(row, columns, measured, row.spans) for row in table.rows),
    )


def extended(row: Row, columns: Collection[Beside[T]], measured: T, spans: Spans) -> Row:
    """A row with the cells of these columns behind its own."""
    own = tuple(columns)
    write = partial(_cell, row.cells, own, measured, spans)
    return replace(row, cells=Cells(len(row.cells) + len(own), write))


def _cell(
    before: Sequence[Cell], own: Sequence[Beside[T]], measured: T, spans: Spans, place: int
) -> Cell:
    if place < len(before):
        return before[place]
    return own[place - len(before)].cell(measured, spans)
