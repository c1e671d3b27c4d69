"""Taking along what is on the screen: to the clipboard, to a file, to the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.formats import render
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.screens import export
from resnet_inspect.views.words.text import count

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("copy_row")
def copy_row(app: Explorer) -> None:
    """The row to the clipboard."""
    rows = app.bench.table
    if rows.row is not None and rows.table is not None:
        app.copy_to_clipboard(export.row_text(rows.table, rows.row))
        app.notify("row copied", timeout=2)


@does("copy_table")
def copy_table(app: Explorer) -> None:
    """The table as markdown to the clipboard."""
    table = app.bench.table.seen()
    if table is not None:
        app.copy_to_clipboard(render(table, "md"))
        app.notify(f"{count(len(table.rows), 'row')} copied as markdown", timeout=2)


@does("export")
@work
async def export_view(app: Explorer) -> None:
    """Write the view or a figure to a file."""
    table = app.bench.table.seen()
    if table is not None and app.shown is not None:
        survey = app.shown.survey
        name = export.file_name(survey.trace.model_name, f"-{app.perspective.view}.md")
        of, subject = app.bench.about or (survey, "network")
        block = subject.path if of is survey and isinstance(subject, Block) else ""
        await export.export(app, name, table, survey, app.shown.beside, block)


@does("picture")
@work
async def picture(app: Explorer) -> None:
    """Write the screen as SVG."""
    name = app.shown.survey.trace.model_name if app.shown else app.request.model
    await export.picture(app, name)


@does("open_source")
def open_source(app: Explorer) -> None:
    """The source of the chosen row in the user's editor."""
    from resnet_inspect.tui import editor

    if app.shown is not None:
        rows = app.bench.network if app.bench.pane == "tree" else app.bench.table
        editor.open_source(app, app.shown.survey.trace, rows.row)
