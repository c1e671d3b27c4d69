"""`resnet-inspect check`: whether a network is still what a lock file says."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.commands.lock import renewal
from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options_but
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import difference_options
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import difference_selection
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.tracing import capture_like, input_options_given


@click.command(
    name="check",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect check model.py:Net --lock net.lock", "in CI"),
        ("resnet-inspect check resnet50 --lock trace.json", "against a saved trace"),
    ],
)
@click.argument("model", type=ModelName())
@click.option("--lock", "lock_file", type=click.Path(), required=True, help="The lock file.")
@input_options_but("inputs", "image_size", "batch", "channels", "train", "call")
@difference_options
@output_options
@common_options
def command(model: str, lock_file: str, **options: Any) -> int:
    """Exit with 1 if MODEL is not what a lock file says, and print what changed; else with 0.

    What the lock says was run is run, on the input that it names. Shapes, windows, parameters,
    buffers, what is trainable, and the names of modules (checkpoints are loaded by them) count;
    names of classes, versions and devices do not. In what is printed, left is the lock and right is
    MODEL.
    """
    from resnet_inspect import pipeline

    check_outputs([options["output"]], options["force"])
    golden = pipeline.load(lock_file)
    if not pipeline.is_trace_file(model):
        now = capture_like(golden, model, options)
    elif input_options_given(options):
        raise click.UsageError("a saved trace is not run again: leave out the input options")
    else:
        now = pipeline.load(model)
    found = pipeline.changed(golden, now)
    if found is None:
        remark(f"{model} is what {lock_file} says")
        return 0
    everything = options["everything"]
    selection = difference_selection(options)
    print_table(
        pipeline.change_table(found, selection, unfold=everything, brief=not everything), options
    )
    remark(f"{model} is not what {lock_file} says; if it is right so:")
    remark(renewal(model, lock_file, golden, options))
    return 1
