"""What was understood of a line of text: tests of rows, made for a table when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from resnet_inspect.views.tables.table import Row, Table

RowTest = Callable[[Row], bool]
Bind = Callable[[Table], RowTest]
"""A term, compiled: given a table, the test of its rows."""


def places_of(key: str, table: Table) -> list[int]:
    """Where a column stands in a table, and in one of two networks both of its sides."""
    sides = (key, f"left_{key}", f"right_{key}")
    return [table.index[side] for side in sides if side in table.index]


class Query:
    """What `parse` understood of a line of text."""

    __slots__ = ("_bound", "_table", "_terms", "problems", "text", "words")

    def __init__(
        self, text: str, terms: Sequence[Bind], problems: Iterable[str], words: Iterable[str]
    ) -> None:
        self.text = text
        """What was typed."""
        self.problems = tuple(problems)
        """What was not understood, one sentence each; a name with the nearest known one."""
        self.words = tuple(words)
        """The plain words that rows must have, in lower case with x for ×: to be marked in them."""
        self._terms = tuple(terms)
        self._table: Table | None = None
        self._bound: tuple[RowTest, ...] = ()

    def __bool__(self) -> bool:
        """Whether it asks for anything; a query that does not matches every row."""
        return bool(self._terms)

    def matches(self, table: Table, row: Row) -> bool:
        """Whether a row of the table is asked for."""
        return all(test(row) for test in self._tests(table))

    def places(self, table: Table) -> list[int]:
        """The places of all rows that match, in order."""
        tests = self._tests(table)
        if len(tests) == 1:
            (only,) = tests
            return [place for place, row in enumerate(table.rows) if only(row)]
        return [place for place, row in enumerate(table.rows) if all(test(row) for test in tests)]

    def _tests(self, table: Table) -> tuple[RowTest, ...]:
        if self._table is not table:
            self._bound = tuple(bind(table) for bind in self._terms)
            self._table = table
        return self._bound
