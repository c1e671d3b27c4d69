"""A query is asked of several tables, and of tables that lack a column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from filters import table_of

from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.table import Cell


def test_a_table_without_a_column_has_no_such_row() -> None:
    table = table_of("resnet18")
    place = table.index["stride"]

    def without(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return items[:place] + items[place + 1 :]

    narrow = replace(
        table,
        columns=without(table.columns),
        rows=tuple(replace(row, cells=without(row.cells)) for row in table.rows),
    )
    assert parse("stride:2").places(narrow) == []
    assert parse("stride>1").places(narrow) == []
    assert len(parse("conv").places(narrow)) == len(parse("conv").places(table))


def test_one_query_serves_several_tables_and_rows_of_no_table() -> None:
    asked = parse("conv1")
    tables = [table_of("resnet18"), table_of("resnet50"), table_of("resnet18", "modules")]
    first = [asked.places(table) for table in tables]
    assert [asked.places(table) for table in tables] == first
    row = tables[0].rows[first[0][0]]
    for number in range(50):
        name = f"conv{number}"
        foreign = replace(row, cells=(Cell(name, name), *row.cells[1:]))
        assert asked.matches(tables[0], foreign) is ("conv1" in name)
