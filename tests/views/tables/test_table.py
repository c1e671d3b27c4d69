"""Cells, columns and tables: what is written, and when."""

from __future__ import annotations

import pytest

from resnet_inspect.errors import UnknownName
from resnet_inspect.views.tables.table import (
    EMPTY,
    NO_CALLS,
    Cell,
    Cells,
    Heading,
    Row,
    check_columns,
    listing,
)


def test_a_cell_is_written_once_when_it_is_asked_for() -> None:
    asked: list[int] = []

    def write(place: int) -> Cell:
        asked.append(place)
        return Cell(place, str(place))

    cells = Cells(4, write)
    assert (len(cells), asked) == (4, [])
    assert cells[2] == cells[2] == Cell(2, "2")
    assert asked == [2]
    assert cells[1:3] == (Cell(1, "1"), Cell(2, "2"))
    assert cells[::-1][0] == Cell(3, "3")
    assert asked == [2, 1, 3, 0]


def test_cells_are_equal_to_what_holds_the_same() -> None:
    cells = Cells(2, lambda place: Cell(place, str(place)))
    plain = (Cell(0, "0"), Cell(1, "1"))
    assert cells == plain
    assert cells == Cells(2, plain.__getitem__)
    assert hash(cells) == hash(plain)
    assert cells != plain[:1]
    assert cells != 0


def test_a_row_ends_after_its_last_cell_and_is_counted_from_there_too() -> None:
    cells = Cells(3, lambda place: Cell(place, str(place)))
    assert [cell.value for cell in cells] == [0, 1, 2]
    assert (cells[-1].value, cells[-3].value) == (2, 0)
    for place in (3, -4):
        with pytest.raises(IndexError):
            cells[place]


def test_a_row_has_the_first_of_its_runs_or_none() -> None:
    assert Row("layer", 0, False, (), spans=((3, 4), (9, 9))).span == (3, 4)
    assert Row("rest", 0, False, ()).span == NO_CALLS


HEADINGS = Heading("name", "network", "left", 0), Heading("macs", "MACs", "right", 1)


def test_a_listing_shows_every_column_and_finds_cells_by_key() -> None:
    table = listing(
        "list", "two", HEADINGS, [(Cell("a", "a"), Cell(5, "5")), (Cell("b", "b"), EMPTY)]
    )
    assert table.shown == ("name", "macs")
    assert table.shown_columns == HEADINGS
    first, second = table.rows
    assert table.cell(first, "macs") == Cell(5, "5")
    assert table.values(second) == {"name": "b", "macs": None}
    assert not any(row.subtotal for row in table.rows)


def test_a_column_that_is_not_there_is_refused_with_where_to_look() -> None:
    check_columns(("macs", "name"), ("name", "macs"))
    with pytest.raises(UnknownName, match="unknown column 'mac'") as unknown:
        check_columns(("name", "mac"), ("name", "macs"), see="known: two")
    assert "did you mean macs" in unknown.value.hint
