"""CSV for spreadsheets and data frames: keys as header, bare numbers, a row per row.

Names come from code and files of others, and a spreadsheet runs text that looks like a formula: it
gets an apostrophe before it, unless it is asked for raw.
"""

from __future__ import annotations

import csv
import io
import re

from resnet_inspect.views.tables.table import Cell, Table

ALWAYS = ("kind", "subtotal", "repeat")
"""Columns without which the rows of a trace could not be summed."""


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First characters of what a spreadsheet takes for a formula."""
_NUMBER = re.compile(r"[+-][\d.,]*( ?%)?")
"""What begins like one and is none: a sign, a signed number."""


def render(table: Table, raw: bool = False) -> str:
    """The shown columns as CSV (RFC 4180, lines end in a bare newline).

    Numbers are written bare, without separators or units; shapes as 1×64×56×56; no value as an
    empty cell. Text that looks like a formula has an apostrophe before it, unless `raw`. Rows whose
    `subtotal` is false, times `repeat`, sum to the totals.
    """
    more = (key for key in ALWAYS if key in table.index and key not in table.shown)
    keys = [*table.shown, *more]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    for row in table.rows:
        writer.writerow([_field(table.cell(row, key), raw) for key in keys])
    return out.getvalue()


def _field(cell: Cell, raw: bool) -> str:
    if isinstance(cell.value, bool):
        return "true" if cell.value else "false"
    if isinstance(cell.value, int | float):
        return str(cell.value)
    begins = cell.text.lstrip(" ").startswith(_FORMULA)
    if begins and not raw and not _NUMBER.fullmatch(cell.text):
        return f"'{cell.text}"
    return cell.text
