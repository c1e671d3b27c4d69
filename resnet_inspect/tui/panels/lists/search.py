"""What is found in the rows of a table: the matching, the sorted, the hottest.

All of it is pure, so that it can be done beside the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from resnet_inspect.tui.panels.lists.outline import WHOLES
from resnet_inspect.views.tables.filter import Query
from resnet_inspect.views.tables.table import Row, Table

SAMPLE = 1_000
"""Rows whose cells are measured for the widths of columns; of more, these many are taken evenly."""

_SLICE = 500
"""Rows after which a search asks whether it is still wanted."""


def sample(table: Table) -> tuple[Row, ...]:
    """Rows taken evenly; all, if they are few."""
    return table.rows[:: max(1, len(table.rows) // SAMPLE)]


def leaves(table: Table) -> list[int]:
    """Places of the rows that nothing breaks down."""
    return [place for place, row in enumerate(table.rows) if not row.subtotal]


def ranked(table: Table, key: str, reverse: bool) -> list[int]:
    """Places of the rows that nothing breaks down, by their values in a column."""
    places = leaves(table)
    ranks = {place: _rank(table.cell(table.rows[place], key).value) for place in places}
    return sorted(places, key=ranks.__getitem__, reverse=reverse)


def _rank(value: object) -> tuple[int, float, str]:
    """An order for cells: nothing, numbers, shapes by their size, text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    if isinstance(value, tuple):
        product = 1.0
        for part in value:
            product *= part if isinstance(part, int | float) else 1.0
        return (1, product, str(value))
    return (2, 0.0, str(value))


def hottest(table: Table, key: str) -> float:
    """The largest number in a column, of the rows that nothing breaks down; 0 if there is none."""
    rows = (row for row in table.rows if not row.subtotal and row.kind != "rest")
    values = (table.cell(row, key).value for row in rows)
    return max((float(v) for v in values if isinstance(v, int | float)), default=0.0)


def matches(table: Table, query: Query, unwanted: Callable[[], bool]) -> list[int]:
    """Places of the rows that a query asks for; cut short where that is no longer wanted."""

    def search() -> Iterator[int]:
        for place, row in enumerate(table.rows):
            if place % _SLICE == 0 and unwanted():
                return
            if row.kind not in WHOLES and query.matches(table, row):
                yield place

    return list(search())


def nearest(text: str, table: Table) -> list[str]:
    """Names and ops of rows that are written much like a word of a filter that found nothing."""
    known: dict[str, None] = {}
    for row in sample(table):
        for key in ("op", "path", "class_name"):
            if key in table.index:
                written = table.cell(row, key).text
                known |= dict.fromkeys((written, *written.split(), *written.split(".")))
    found = (get_close_matches(word, known, 2, 0.6) for word in text.split())
    return list(dict.fromkeys(name for names in found for name in names))[:3]
