"""Taking along what is on the screen: as text, as a file, as a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from resnet_inspect import locks, pipeline
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import InspectError
from resnet_inspect.files import write_all
from resnet_inspect.formats import formats_by_suffix, render, table_suffixes
from resnet_inspect.traces.json import codec
from resnet_inspect.tui.screens.form import Field, Form
from resnet_inspect.tui.session.measured import Beside
from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words.text import count


def file_name(name: str, end: str) -> str:
    """The name of a file for a network: "resnet:basic:2,2" gives resnet-basic-2-2."""
    return "-".join(re.findall(r"[\w.]+", name)) + end


def row_text(table: Table, row: Row) -> str:
    """The cells of a row with tabs between them, as a spreadsheet takes them."""
    return "\t".join(table.cell(row, column.key).text for column in table.shown_columns)


async def export(
    app: App[Any],
    name: str,
    table: Table,
    survey: Survey,
    beside: Beside | None,
    block: str,
) -> None:
    """Ask for a file and write the table to it, the whole trace, or a figure of the network.

    Args:
        app: what asks.
        name: the name of the file to begin with.
        table: what is written in a format of tables.
        survey: the network, which a figure shows.
        beside: what was recorded of it, which is kept with the whole trace.
        block: the path of the block that a figure shows alone, to begin with; "" for none.

    """
    from resnet_inspect.formats import figures
    from resnet_inspect.views.figures import graph

    drawn = figures.figure_formats_by_suffix()

    def write(path: Path, values: Mapping[str, str]) -> str | bytes:
        suffix = path.suffix.lower()
        if suffix in drawn and suffix not in formats_by_suffix():  # a page is the table's
            at = values["block"]
            figure = graph.block(survey, at) if at else graph.network(survey)
            return figures.render_figure(figure, drawn[suffix])
        if suffix == ".lock":
            return locks.dumps(survey.trace)
        if suffix == ".json" and values["whole"] == "yes":
            return codec.dumps(survey.trace) if beside is None else beside.dumps()
        return render(table, pipeline.format_of(path))

    whole = "yes: .json keeps the trace itself"
    whole += ", with what was measured" if beside is not None else ""
    await _export(
        app,
        f"Export · {count(len(table.rows), 'row')} as seen",
        write,
        Field("file", "file", name, f"{table_suffixes()}; a figure: .svg .mmd .dot; .lock"),
        Field("whole", "whole trace", "no", whole),
        Field("block", "draw block", block, "a figure shows this block; empty: the network"),
    )


async def export_page(app: App[Any], name: str, suffixes: str, write: Callable[[str], str]) -> None:
    """Ask for a file and write to it what `write` gives for the format of its suffix."""

    def of_path(path: Path, values: Mapping[str, str]) -> str:
        return write(pipeline.format_of(path))

    await _export(app, "Export", of_path, Field("file", "file", name, suffixes))


async def _export(
    app: App[Any],
    title: str,
    write: Callable[[Path, Mapping[str, str]], str | bytes],
    file: Field,
    *more: Field,
) -> None:
    """Ask for a file and write to it.

    What cannot be written is said in the dialog, which stays; a file is replaced only if asked.
    """

    def wrong(values: Mapping[str, str]) -> str:
        path = Path(values["file"]).expanduser()
        try:
            write_all({path: write(path, values)}, overwrite=values["overwrite"] == "yes")
        except InspectError as error:
            return error.message
        return ""

    overwrite = Field("overwrite", "overwrite", "no", "yes to replace a file")
    await _written(app, Form(title, [file, overwrite, *more], check=wrong))


async def picture(app: App[Any], name: str) -> None:
    """Ask for a file and write the screen to it as it is now, as SVG."""
    svg = app.export_screenshot(title=name)

    def wrong(values: Mapping[str, str]) -> str:
        try:
            write_all({Path(values["file"]).expanduser(): svg})
        except InspectError as error:
            return error.message
        return ""

    field = Field("file", "file", file_name(name, ".svg"))
    await _written(app, Form("Picture of the screen", [field], check=wrong))


async def _written(app: App[Any], dialog: Form) -> None:
    values = await app.push_screen_wait(dialog)
    if values is not None:
        app.notify(f"wrote {values['file']}")
