"""Which cells differ from those of the same network shown before."""

from __future__ import annotations

from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.table import Table

COMPARED = 2_000
"""Rows of which every cell is compared with the one before; with more, none is marked."""


def changes(before: Table, after: Table) -> set[tuple[str, str, str]]:
    """Kind, path and column of the shown cells with another text than before, of rows in both.

    Not of what was measured: no two runs take the same time.
    """
    many = max(len(before.rows), len(after.rows)) > COMPARED
    if many or before.model != after.model or before.view != after.view:
        return set()
    rows = {(row.kind, path_of(before, row)): row for row in before.rows}
    is_timed = "time" in after.index
    keys = [k for k in after.shown if k in before.index and (k in COLUMNS or not is_timed)]
    found = set()
    for row in after.rows:
        path = path_of(after, row)
        old = rows.get((row.kind, path))
        if old is None:
            continue
        for key in keys:
            if before.cell(old, key).text != after.cell(row, key).text:
                found.add((row.kind, path, key))
    return found
