"""`resnet-inspect export`: write a network to files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.options.output import RAW
from resnet_inspect.cli.options.selection import convention_option, selection_options
from resnet_inspect.cli.output.printout import check_outputs
from resnet_inspect.cli.output.selection import say_if_nothing_matches, selection_of
from resnet_inspect.cli.output.views import table_of
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.tracing import as_far_as_it_goes, before, capture, loaded

if TYPE_CHECKING:
    from resnet_inspect.traces.json.codec import Saved
    from resnet_inspect.views.tables.rows.selection import Selection


def _suffixes() -> str:
    from resnet_inspect.formats import table_suffixes

    return table_suffixes()


@click.command(
    name="export",
    cls=Documented,
    words={"suffixes": _suffixes},
    context_settings=HELP,
    examples=[
        ("resnet-inspect export resnet50 out.md", "a table for GitHub"),
        ("resnet-inspect export resnet50 net.html", "a page that explores it, in any browser"),
        ("resnet-inspect export resnet34 net.html --against resnet50", "two side by side"),
        ("resnet-inspect export resnet50 out.csv out.json out.html --all", "three, one trace"),
        ("resnet-inspect export trace.json stages.tex --view stages", "from a saved trace"),
    ],
)
@click.argument("model", type=ModelName())
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--against", type=ModelName(), metavar="MODEL",
              help="In a page: this network beside it, and what differs.")  # fmt: skip
@input_options
@selection_options
@convention_option
@RAW
@common_options
def command(model: str, files: tuple[str, ...], against: str | None, **options: Any) -> int:
    """Write MODEL (a name or a saved trace) to FILES, each in the format its suffix names.

    Suffixes: {suffixes}. A file .html is a page that explores the network: its tree, its figure,
    its tables, and the card and lesson of every part, with what `measure --save` or `signal --save`
    wrote of it. Either all files are written or none. Where the forward pass raises, they hold the
    trace up to there, and the exit code is 1.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.files import write_all
    from resnet_inspect.formats import render
    from resnet_inspect.traces.json.codec import Saved

    paths = [Path(file) for file in files]
    formats = [pipeline.format_of(path) for path in paths]
    check_outputs(files, options["force"])
    if against is not None and set(formats) != {"html"}:
        raise click.UsageError("--against is for a page; `resnet-inspect diff A B` is for others")
    if options["count_as"] and "html" in formats:
        raise click.UsageError("--count-as is for tables: `resnet-inspect trace` writes one")
    saved, stopped = loaded(model, options), None
    if saved is None:
        selection_of(options)
        captured, stopped = as_far_as_it_goes(capture, model, options)
        saved = Saved(captured)
    selection = selection_of({**options, "columns": None} if saved.steps else options)
    with before(stopped):
        table = table_of(saved, options)
        say_if_nothing_matches(table, options)
        contents = {
            path: _page(saved, against, selection, options)
            if name == "html"
            else render(table, name, options["raw"])
            for path, name in zip(paths, formats, strict=True)
        }
        write_all(contents, overwrite=options["force"])
        for path in paths:
            remark(f"wrote {path}")
    return 0


def _page(
    saved: Saved, against: str | None, selection: Selection, options: Mapping[str, Any]
) -> str:
    """The page of a network, and of the one that is set beside it."""
    from resnet_inspect import pipeline
    from resnet_inspect.answers.pages import exploration
    from resnet_inspect.traces.json.codec import Saved

    networks = [saved]
    if against is not None:
        is_file = pipeline.is_trace_file(against)
        networks.append(
            pipeline.load_saved(against) if is_file else Saved(capture(against, options))
        )
    shown = [pipeline.explored(one) for one in networks]
    return exploration(shown, options["view"], selection).to_html()
