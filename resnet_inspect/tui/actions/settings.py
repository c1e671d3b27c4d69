"""The settings of the program: its theme, its keys, and what is remembered for the next time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.settings.state import State, write_state

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("theme")
@work
async def theme(app: Explorer) -> None:
    """Choose a theme; each is shown while it is highlighted."""
    before = app.theme
    app.theme = await dialogs.theme(app) or before


@does("help")
@work
async def show_help(app: Explorer) -> None:
    """The keys of the focused pane, then all."""
    bench, pane = app.bench, app.bench.pane
    chosen = await dialogs.action(app, pane, bench.bindings, app.config.keys)
    if chosen:
        await app.run_action(chosen, bench.query_one(f"#{pane}"))


@does("quit")
async def leave(app: Explorer) -> None:
    """Leave at once; the child process goes with it."""
    app.child.kill()
    app.exit(0)


def keep(app: Explorer) -> None:
    """Remember theme, panes, columns and model for the next time."""
    model = app.request.lasting
    rows = app.bench.table
    place = None
    if rows.row is not None and rows.table is not None and model is not None:
        place = path_of(rows.table, rows.row)
    last = model or app.kept.model
    columns = dict(app.perspective.columns)
    write_state(State(app.theme, app.bench.widths, columns, last, place))
