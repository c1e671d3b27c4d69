"""How the network is looked at: the view, its columns, and which steps it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.table import Heading

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


def _is_compared(app: Explorer, what: str) -> bool:
    """Whether two networks are compared, which is said: it has no other columns or views."""
    if app.other is not None:
        app.notify(f"a comparison has {what} of its own; d ends it", timeout=3)
    return app.other is not None


def recorded_first(columns: Iterable[Heading]) -> list[Heading]:
    """Columns of what was recorded, for which one has come, before those of every network."""
    return sorted(columns, key=lambda column: column.key in COLUMNS)


@does("columns")
@work
async def columns(app: Explorer) -> None:
    """Choose the columns, in order."""
    look, table = app.perspective, app.bench.table.table
    if table is None or _is_compared(app, "columns"):
        return
    name = look.columns_name(app.beside)
    known = recorded_first(c for c in table.columns if name != look.view or c.key in COLUMNS)
    usual = VIEWS[look.view].shown if name == look.view else table.shown
    keys = await dialogs.columns(app, look.columns.get(name, usual), known, usual)
    if keys is not None:
        look.columns[name] = keys
        if keys == tuple(usual):
            del look.columns[name]  # and the view has its own again
        app.lay_out()


@does("view")
@work
async def view(app: Explorer) -> None:
    """Choose the view."""
    if _is_compared(app, "views"):
        return
    name = await dialogs.view(app, app.perspective.view)
    if name is not None:
        app.perspective.view = name
        app.lay_out()


@does("everything")
def everything(app: Explorer) -> None:
    """All steps, or the tutorials' selection."""
    before = app.perspective.selection
    app.perspective.selection = replace(before, everything=not before.everything)
    app.lay_out()


@does("fold_blocks")
def fold_blocks(app: Explorer) -> None:
    """Identical blocks as one row, or each."""
    before = app.perspective.selection
    app.perspective.selection = replace(before, fold=not before.fold)
    app.lay_out()
