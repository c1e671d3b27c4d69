"""`resnet-inspect trace`: run a network once and print what every layer did."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import convention_option, selection_options
from resnet_inspect.cli.output.printout import check_outputs, print_trace
from resnet_inspect.cli.output.selection import selection_of
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.tracing import as_far_as_it_goes, before, capture


@click.command(
    name="trace",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect trace resnet50", "convolutions, pools, adds, linear layers"),
        ("resnet-inspect trace resnet50 --all --fold", "every step, identical blocks as one"),
        ("resnet-inspect trace resnet34 --stage 2 --format md", "one stage as markdown"),
        ("resnet-inspect trace resnet18 --image-size 32 --set num_classes=10", "CIFAR-10"),
        ("resnet-inspect trace resnet50 --columns +receptive_field,jump", "two columns more"),
        ("resnet-inspect trace resnet50 --save trace.json", "keep it; `show` reads it back"),
        ("resnet-inspect trace model.py:Net --set depth=3", "your own code; this runs it"),
        ("resnet-inspect trace --weights best.pth", "the network that these weights are of"),
        ("resnet-inspect trace pkg.nets:make --input 1,64:int64", "a function of a package"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@input_options
@selection_options
@convention_option
@output_options
@click.option("--save", type=click.Path(), help="Keep the whole trace in this file.")
@common_options
def command(model: str | None, **options: Any) -> int:
    """Run MODEL once and print what every layer did.

    MODEL is a name that `resnet-inspect list` shows, or your own code: FILE.py:NAME or
    PACKAGE.MODULE:NAME, where NAME is a class, a function or an instance; FILE.py alone if it
    holds one network. Tracing your own code runs it, as importing it would, with your rights.

    Prints path, op, kernel, stride, padding, input and output shape, parameters and MACs of each
    call in order. Rows whose numbers are not broken down below them sum to the totals.

    Where the forward pass raises or is interrupted, the trace up to there is printed and kept, the
    call that raised is marked ✗, and stderr says why: exit code 1, or 130 for an interrupt.
    """
    from resnet_inspect import pipeline

    if model is None and options["weights"] is None:
        raise click.UsageError("which model? `resnet-inspect list` shows them")
    if options["save"] == "-":
        raise click.UsageError("--save needs a file: stdout has the table")
    check_outputs([options["output"], options["save"]], options["force"])
    selection_of(options)
    captured, stopped = as_far_as_it_goes(capture, model, options)
    if options["save"]:
        pipeline.save(captured, options["save"], overwrite=options["force"])
    with before(stopped):
        print_trace(captured, options)
    return 0
