"""`resnet-inspect diff`: what differs between two networks."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.capturing import capture, input_options_given
from resnet_inspect.cli.options import (
    HELP,
    Documented,
    ModelName,
    common_options,
    difference_options,
    input_options,
    output_options,
)
from resnet_inspect.cli.printing import check_outputs, difference_selection, print_table


@click.command(
    name="diff",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect diff resnet34 resnet50", "what a deeper network does otherwise"),
        ("resnet-inspect diff model.py:ResNet18 resnet18", "your own against torchvision's"),
        ("resnet-inspect diff old.json model.py:Net --exit-code", "fail if it changed"),
        ("resnet-inspect diff resnet18 resnet34 --image-size 32", "both for small images"),
    ],
)
@click.argument("a", type=ModelName())
@click.argument("b", type=ModelName())
@input_options
@difference_options
@click.option("--exit-code", is_flag=True, help="Exit with 1 if they differ, with 0 if not.")
@output_options
@common_options
def command(a: str, b: str, exit_code: bool, **options: Any) -> int:
    """Say what differs between A and B: in words, in totals, and layer by layer.

    A and B are names, files of yours, saved traces or lock files. Layers are aligned by stage,
    block and role: an inserted block is one insertion, and other names are no difference. What is
    marked ~ changed, - is only in A, + only in B. Input options are for both, or for the one that
    is run.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.comparison import compare
    from resnet_inspect.analysis.survey import Survey
    from resnet_inspect.views import differences

    check_outputs([options["output"]], options["force"])
    saved = [pipeline.is_trace_file(subject) for subject in (a, b)]
    if all(saved) and input_options_given(options):
        raise click.UsageError("saved traces are not run again: leave out the input options")
    surveys = (
        Survey(pipeline.load(subject) if is_saved else capture(subject, options))
        for subject, is_saved in zip((a, b), saved, strict=True)
    )
    found = compare(*surveys)
    everything = options["everything"]
    selection = difference_selection(options)
    table = differences.view(found, selection, unfold=everything, brief=not everything)
    print_table(table, options)
    return int(exit_code and not found.equal)
