"""The test that a word makes: anywhere in a row, or a glob over its path."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from resnet_inspect.views.tables.filter.query import Bind, RowTest, places_of
from resnet_inspect.views.tables.filter.spelling import folded, glob_test, whole_numbers
from resnet_inspect.views.tables.table import Cell, Row, Table

_WORDS_OVER = ("path", "op", "class_name", "kernel_size", "input_shape", "output_shape")


class _Texts:
    """What words are compared with, for each row of a table, made when a row is first asked for.

    It is kept while the table lives, because every key that is typed makes a new query.
    """

    def __init__(self, table: Table) -> None:
        self._places = tuple(place for key in _WORDS_OVER for place in places_of(key, table))
        # Only the table's own rows are kept: while it lives, the id of one is no other row's.
        self._made: dict[int, str | None] = dict.fromkeys(map(id, table.rows))

    def of(self, row: Row) -> str:
        """Path, op, class, kernel and shapes of a row, folded, a line each."""
        key = id(row)
        made = self._made.get(key)
        if made is None:
            cells = row.cells
            made = "\n".join([cells[place].text for place in self._places])
            made = made.replace("×", "x").casefold()
            if key in self._made:
                self._made[key] = made
        return made


_texts: dict[int, tuple[weakref.ref[Table], _Texts]] = {}


def texts_of(table: Table) -> _Texts:
    """The texts of a table. Tables are told apart by identity: to hash one is to hash every row."""
    key = id(table)
    kept = _texts.get(key)
    if kept is None or kept[0]() is not table:

        def forget(_: weakref.ref[Table]) -> None:
            _texts.pop(key, None)

        kept = _texts[key] = (weakref.ref(table, forget), _Texts(table))
    return kept[1]


def _has_path(cell: Cell, path: Callable[[str], bool]) -> bool:
    value = cell.value
    return path(folded(cell.text)) or (isinstance(value, str) and path(folded(value)))


def word_term(word: str, *, glob: bool) -> Bind:
    """A word anywhere in a row, or a glob over its path."""
    pattern = whole_numbers(word)
    path = glob_test(word) if glob else None

    def bound(table: Table) -> RowTest:
        text = texts_of(table).of
        if pattern is not None:
            search = pattern.search
            return lambda row: search(text(row)) is not None
        places = places_of("path", table)
        if path is None or not places:
            return lambda row: word in text(row)

        def test(row: Row) -> bool:
            return word in text(row) or any(_has_path(row.cells[place], path) for place in places)

        return test

    return bound
