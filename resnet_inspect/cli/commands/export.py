"""`resnet-inspect export`: write a network to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.options import (
    HELP,
    RAW,
    Documented,
    common_options,
    convention_option,
    input_options,
    selection_options,
)
from resnet_inspect.cli.output import check_outputs, say_if_nothing_matches, selection_of, table_of
from resnet_inspect.cli.parameters import ModelName
from resnet_inspect.cli.tracing import as_far_as_it_goes, before, capture, loaded


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
        ("resnet-inspect export resnet50 out.csv out.json out.html --all", "three, one trace"),
        ("resnet-inspect export trace.json stages.tex --view stages", "from a saved trace"),
    ],
)
@click.argument("model", type=ModelName())
@click.argument("files", nargs=-1, required=True, type=click.Path())
@input_options
@selection_options
@convention_option
@RAW
@common_options
def command(model: str, files: tuple[str, ...], **options: Any) -> int:
    """Write MODEL (a name or a saved trace) to FILES, each in the format its suffix names.

    Suffixes: {suffixes}. Either all files are written or none. Where the forward pass raises, they
    hold the trace up to there, and the exit code is 1.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.files import write_all
    from resnet_inspect.formats import render
    from resnet_inspect.traces.codec import Saved

    paths = [Path(file) for file in files]
    formats = [pipeline.format_of(path) for path in paths]
    check_outputs(files, options["force"])
    saved, stopped = loaded(model, options), None
    if saved is None:
        selection_of(options)
        captured, stopped = as_far_as_it_goes(capture, model, options)
        saved = Saved(captured)
    with before(stopped):
        table = table_of(saved, options)
        say_if_nothing_matches(table, options)
        contents = {
            path: render(table, name, options["raw"])
            for path, name in zip(paths, formats, strict=True)
        }
        write_all(contents, overwrite=options["force"])
        for path in paths:
            remark(f"wrote {path}")
    return 0
