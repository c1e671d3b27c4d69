"""Taking along what is on the screen: as text, as a file, as a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from resnet_inspect import pipeline
from resnet_inspect.errors import InspectError
from resnet_inspect.files import write_all
from resnet_inspect.formats import render
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.ask import Ask, Field
from resnet_inspect.views.table import Row, Table


def file_name(name: str, end: str) -> str:
    """The name of a file for a network: "resnet:basic:2,2" gives resnet-basic-2-2."""
    return "-".join(re.findall(r"[\w.]+", name)) + end


def row_text(table: Table, row: Row) -> str:
    """The cells of a row with tabs between them, as a spreadsheet takes them."""
    return "\t".join(table.cell(row, column.key).text for column in table.shown_columns)


async def export(app: App[Any], name: str, table: Table, trace: Trace) -> None:
    """Ask for a file and write the table to it, or the whole trace.

    What cannot be written is said in the dialog, which stays; a file is replaced only if asked.
    """

    def wrong(values: Mapping[str, str]) -> str:
        path = Path(values["file"]).expanduser()
        try:
            if path.suffix == ".json" and values["whole"] == "yes":
                written = codec.dumps(trace)
            else:
                written = render(table, pipeline.format_of(path))
            write_all({path: written}, overwrite=values["overwrite"] == "yes")
        except InspectError as error:
            return error.message
        return ""

    fields = [
        Field("file", "file", name, ".md .csv .json .html .tex .txt"),
        Field("overwrite", "overwrite", "no", "yes to replace a file"),
        Field("whole", "whole trace", "no", "yes: .json keeps the trace itself"),
    ]
    await _written(app, Ask("Export", fields, check=wrong))


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
    await _written(app, Ask("Picture of the screen", [field], check=wrong))


async def _written(app: App[Any], dialog: Ask) -> None:
    values = await app.push_screen_wait(dialog)
    if values is not None:
        app.notify(f"wrote {values['file']}", markup=False)
