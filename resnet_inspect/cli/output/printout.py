"""A table written: to stdout, fitted and coloured in a terminal, or to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import put, remark
from resnet_inspect.cli.output.selection import asked_for, say_if_nothing_matches, selection_of
from resnet_inspect.cli.output.terminal import columns_of_terminal, is_coloured
from resnet_inspect.cli.output.views import tabulated

if TYPE_CHECKING:
    from resnet_inspect.traces.model import Trace
    from resnet_inspect.views.tables.table import Table


def check_outputs(files: Iterable[str | None], force: bool) -> None:
    """Refuse existing files, and one named twice, before any work is done."""
    from resnet_inspect.files import refuse_existing

    paths = [Path(file) for file in files if file and file != "-"]
    if len({path.resolve() for path in paths}) < len(paths):
        raise click.UsageError("two outputs would go to the same file")
    if not force:
        refuse_existing(paths)


def print_trace(captured: Trace, options: Mapping[str, Any]) -> None:
    """Print a trace, or write it to `--output`, as view and format ask."""
    table = tabulated(captured, options, selection_of(options))
    say_if_nothing_matches(table, options)
    print_table(table, options)


def print_table(table: Table, options: Mapping[str, Any]) -> None:
    """Print a table, or write it to `--output`, in the format asked for or that of the suffix."""
    from resnet_inspect import pipeline

    output = options["output"]
    chosen = options["format"]
    if chosen is None and output not in (None, "-"):
        chosen = pipeline.format_of(Path(output))
    write_table(table, chosen or "table", output, options)


def is_page(options: Mapping[str, Any]) -> bool:
    """Whether a file is asked for whose suffix is HTML's, and no format, which names a table's."""
    from resnet_inspect import pipeline

    output = options["output"]
    if options["format"] is not None or output in (None, "-"):
        return False
    return pipeline.format_of(Path(output)) == "html"


def write_table(table: Table, format: str, output: str | None, options: Mapping[str, Any]) -> None:
    """Write a table to a file or to stdout; in a terminal, fitted and coloured."""
    raw = options.get("raw", False)
    if output not in (None, "-"):
        from resnet_inspect.files import write_all
        from resnet_inspect.formats import render

        write_all({Path(output): render(table, format, raw)}, overwrite=options["force"])
        remark(f"wrote {output}")
        return
    if format != "table":
        from resnet_inspect.formats import render

        put(render(table, format, raw))
        return
    width = options["width"] or columns_of_terminal()
    asked = asked_for(options.get("columns"))
    if is_coloured(options["color"]):
        from resnet_inspect.cli.output.console import console
        from resnet_inspect.formats.terminal import show

        layout = show(table, console(), width, asked)
    else:  # and then rich is not worth its import
        from resnet_inspect.formats.text.layout import lay_out

        layout = lay_out(table, width, asked=asked)
        put(layout.text)
    wider = "(--width, or a wider window)"
    if layout.dropped:
        remark(f"no room in {width} columns for: {', '.join(layout.dropped)} {wider}")
    if asked and width is not None and layout.width > width:
        remark(f"what was asked for takes {layout.width} columns; there are {width} {wider}")
