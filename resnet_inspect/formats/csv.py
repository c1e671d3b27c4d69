"""CSV for spreadsheets and data frames: keys as header, bare numbers, a row per row."""

from __future__ import annotations

import csv
import io

from resnet_inspect.views.tables.table import Cell, Table

ALWAYS = ("kind", "subtotal", "repeat")
"""Columns without which the rows of a trace could not be summed."""


def render(table: Table) -> str:
    """The shown columns as CSV (RFC 4180, lines end in a bare newline).

    Numbers are written bare, without separators or units; shapes as 1×64×56×56; no value as an
    empty cell. Rows whose `subtotal` is false, times `repeat`, sum to the totals.
    """
    more = (key for key in ALWAYS if key in table.index and key not in table.shown)
    keys = [*table.shown, *more]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    for row in table.rows:
        writer.writerow([_field(table.cell(row, key)) for key in keys])
    return out.getvalue()


def _field(cell: Cell) -> str:
    if isinstance(cell.value, bool):
        return "true" if cell.value else "false"
    if isinstance(cell.value, int | float):
        return str(cell.value)
    return cell.text
