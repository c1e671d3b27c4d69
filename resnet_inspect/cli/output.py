"""From the options of a command to its output: a table on stdout or in files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import put, remark

if TYPE_CHECKING:
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.traces.json.codec import Saved
    from resnet_inspect.traces.model import Trace
    from resnet_inspect.views.tables.rows.selection import Selection
    from resnet_inspect.views.tables.table import Table


def selection_of(options: Mapping[str, Any]) -> Selection:
    """What the options select; raises for a kind or column that does not exist."""
    from resnet_inspect.views.tables import VIEWS
    from resnet_inspect.views.tables.columns import check_keys
    from resnet_inspect.views.tables.rows.selection import Selection

    selection = Selection(
        everything=options["everything"],
        only=keys_of(options["only"]),
        match=options["match"],
        where=options.get("where"),
        stage=options["stage"],
        depth=options["depth"],
        fold=options["fold"],
        columns=columns_of(options["columns"], VIEWS[options["view"]].shown),
    )
    selection.check()
    check_keys(selection.columns)
    return selection


def say_if_nothing_matches(table: Table, options: Mapping[str, Any]) -> None:
    """Say which options the view does not heed, and when they leave nothing to show."""
    from resnet_inspect.views.tables import VIEWS

    view = options["view"]
    every = frozenset().union(*(one.heeds for one in VIEWS.values()))
    say_what_does_not_apply(every - VIEWS[view].heeds, options, f"the {view} view")
    if all(row.kind == "rest" and not row.raised for row in table.rows):
        remark("no row is left by what was selected")


def say_what_does_not_apply(names: Iterable[str], options: Mapping[str, Any], to: str) -> None:
    """Say which of these options were given, though what is shown does not heed them."""
    for name in sorted(names):
        if options.get(name) not in (None, False):
            option = "all" if name == "everything" else name
            remark(f"--{option} does not apply to {to}")


def keys_of(written: str | None) -> tuple[str, ...]:
    """Names with commas between them; none for None."""
    return tuple(key.strip() for key in (written or "").split(",") if key.strip())


def columns_of(written: str | None, own: Sequence[str]) -> tuple[str, ...]:
    """Keys as given; with + before the first, they come after the view's own."""
    if not written or not written.startswith("+"):
        return keys_of(written)
    more = tuple(key.removeprefix("+") for key in keys_of(written))
    return (*own, *(key for key in more if key not in own))


def asked_for(written: str | None) -> frozenset[str]:
    """The columns that `--columns` names: none of them is left out for want of room."""
    return frozenset(key.removeprefix("+") for key in keys_of(written))


def check_outputs(files: Iterable[str | None], force: bool) -> None:
    """Refuse existing files, and one named twice, before any work is done."""
    from resnet_inspect.files import refuse_existing

    paths = [Path(file) for file in files if file and file != "-"]
    if len({path.resolve() for path in paths}) < len(paths):
        raise click.UsageError("two outputs would go to the same file")
    if not force:
        refuse_existing(paths)


def difference_selection(options: Mapping[str, Any]) -> Selection:
    """What the options of `difference_options` select."""
    from resnet_inspect.views.tables.comparison.headings import SHOWN
    from resnet_inspect.views.tables.rows.selection import Selection

    return Selection(
        everything=options["everything"],
        only=keys_of(options["only"]),
        match=options["match"],
        where=options["where"],
        stage=options["stage"],
        columns=columns_of(options["columns"], SHOWN),
    )


def say_if_no_difference_matches(table: Table, options: Mapping[str, Any]) -> None:
    """Say when what was selected leaves nothing to show, and that equal steps may be left out."""
    chosen = any(options[name] is not None for name in ("only", "match", "where", "stage"))
    if chosen and all(row.kind == "rest" for row in table.rows):
        more = "" if options["everything"] else "; equal steps are shown with --all"
        remark(f"no row is left by what was selected{more}")


def tabulated(captured: Trace, options: Mapping[str, Any], selection: Selection) -> Table:
    """The view of a trace that the options ask for, with the total of another convention."""
    from resnet_inspect import pipeline

    return pipeline.tabulate(captured, options["view"], selection, count_as=options["count_as"])


def with_signals(found: Signal, options: Mapping[str, Any]) -> Table:
    """The view with what flowed, and its plot."""
    from resnet_inspect.views.figures.signals import plot_of
    from resnet_inspect.views.tables import signals
    from resnet_inspect.views.tables.conventions import with_convention

    selection = selection_of({**options, "columns": None})
    columns = columns_of(options["columns"], signals.shown(found, options["view"]))
    table = signals.view(found, options["view"], replace(selection, columns=columns))
    if options.get("count_as"):
        table = with_convention(table, found.survey, options["count_as"])
    return replace(table, figure=plot_of([found]))


def table_of(saved: Saved, options: Mapping[str, Any]) -> Table:
    """The view of what a file holds, with the signals of the last step where there are some."""
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.tables.signals import HELD

    if saved.steps and options["view"] in HELD:
        return with_signals(Signal(Survey(saved.trace), saved.steps[-1]), options)
    return tabulated(saved.trace, options, selection_of(options))


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
        from resnet_inspect.cli.console import console
        from resnet_inspect.formats.terminal import show

        layout = show(table, console(), width, asked)
    else:  # and then rich is not worth its import
        from resnet_inspect.formats.styled_text import lay_out

        layout = lay_out(table, width, asked=asked)
        put(layout.text)
    wider = "(--width, or a wider window)"
    if layout.dropped:
        remark(f"no room in {width} columns for: {', '.join(layout.dropped)} {wider}")
    if asked and width is not None and layout.width > width:
        remark(f"what was asked for takes {layout.width} columns; there are {width} {wider}")


def is_coloured(color: str) -> bool:
    """Whether "always", "never" or "auto" means colours here.

    "auto" colours a terminal that is not dumb; NO_COLOR and FORCE_COLOR are obeyed.
    """
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.environ.get("FORCE_COLOR", "0") not in ("", "0") or sys.stdout.isatty()


def columns_of_terminal() -> int | None:
    """Columns to fit into: COLUMNS, or the terminal's; None where stdout is no terminal."""
    if os.environ.get("COLUMNS", "").isdecimal() and int(os.environ["COLUMNS"]) > 0:
        return int(os.environ["COLUMNS"])
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
