"""The rows of the table: which match, in what order they stand, and what their heat is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.tui.actions.perspective import recorded_first
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.panels.table.trace_rows import FLAT
from resnet_inspect.tui.screens import dialogs

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("filter")
def open_filter(app: Explorer) -> None:
    """Open the filter line."""
    app.filter_line.open()


@does("next_match")
def next_match(app: Explorer) -> None:
    """The next row that matches."""
    app.bench.table.next_match(1)


@does("previous_match")
def previous_match(app: Explorer) -> None:
    """The previous row that matches."""
    app.bench.table.next_match(-1)


@does("sort")
@work
async def sort(app: Explorer) -> None:
    """Sort by a column."""
    table = app.bench.table
    if table.table is None:
        return
    first, shown = table.table.shown_columns, set(table.table.shown)
    others = (c for c in table.table.columns if c.key not in shown)
    columns = [*first, *recorded_first(others)]
    key = await dialogs.column_to_sort_by(app, columns, table.sorted_by)
    if key is not None:
        table.sort_by(key or None)


@does("flat")
def flat(app: Explorer) -> None:
    """A flat list of layers, or the tree."""
    table = app.bench.table
    table.sort_by(None if table.sorted_by == FLAT else FLAT)


@does("heat")
@work
async def heat(app: Explorer) -> None:
    """Show a column as heat bars."""
    table = app.bench.table
    if table.table is None:
        return
    key = await dialogs.column_to_heat(app, recorded_first(table.table.columns), table.heated)
    if key is not None:
        table.show_heat(key or None)
