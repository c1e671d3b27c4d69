"""The rows of a view as texts, and what must hold of every table."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table

ADDITIVE = (
    "parameters", "trainable", "parameter_bytes", "macs", "flops", "activation_bytes",
    "activation_bytes_distinct",
)  # fmt: skip


def number(table: Table, row: Row, key: str) -> int:
    """The value of a cell; 0 where it is not known."""
    value = table.cell(row, key).value
    assert value is None or type(value) is int
    return value or 0


def times(table: Table, row: Row) -> int:
    return number(table, row, "repeat")


def rows_must_sum(table: Table) -> None:
    totals = {total.key: total.cell.value for total in table.totals}
    for key in ADDITIVE:
        held = sum(
            number(table, row, key) * times(table, row) for row in table.rows if not row.subtotal
        )
        assert held == totals[key], key
    assert all(number(table, row, key) >= 0 for row in table.rows for key in ADDITIVE)


def levels_must_nest(table: Table) -> None:
    before = -1
    for row in table.rows:
        assert 0 <= row.level <= before + 1
        before = row.level


def below(table: Table, index: int) -> list[Row]:
    """The rows that break a row down."""
    found = []
    for row in table.rows[index + 1 :]:
        if row.level <= table.rows[index].level:
            break
        found.append(row)
    return found


def subtotals_must_sum(table: Table) -> None:
    for index, row in enumerate(table.rows):
        if not row.subtotal:
            continue
        parts = [part for part in below(table, index) if not part.subtotal]
        assert parts, table.cell(row, "path").text
        for key in ADDITIVE:
            held = sum(number(table, part, key) * times(table, part) for part in parts)
            assert held == number(table, row, key) * times(table, row), (row.kind, key)


def cells_must_be_written(table: Table) -> None:
    for row in table.rows:
        assert len(row.cells) == len(table.columns)
        for column, cell in zip(table.columns, row.cells, strict=True):
            assert len(cell.text.splitlines()) <= 1
            if cell.value is None:
                assert cell.text in ("", "?"), column.key
            elif cell.value not in ("", ()):
                assert cell.text, column.key
        assert table.cell(row, "path").text
        assert table.cell(row, "kind").value == row.kind
        assert table.cell(row, "level").value == row.level
        assert table.cell(row, "subtotal").value is row.subtotal


def all_must_hold(table: Table) -> None:
    rows_must_sum(table)
    levels_must_nest(table)
    cells_must_be_written(table)


def rows_of(name: str, view: str = "layers", **selected: object) -> list[dict[str, str]]:
    """The rows as the texts of their shown cells, with path, kind and note."""
    table = VIEWS[view](survey_of(name), Selection(**selected))  # type: ignore[arg-type]
    keys = {"path", "kind", "note", *table.shown}
    return [{key: table.cell(row, key).text for key in keys} for row in table.rows]
