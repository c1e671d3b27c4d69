"""`resnet-inspect measure`: how long every layer takes on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.aside import streams_aside
from resnet_inspect.cli.capturing import input_of
from resnet_inspect.cli.diagnostics import Progress
from resnet_inspect.cli.options import (
    HELP,
    INPUT_OPTIONS,
    Documented,
    ModelName,
    Numbers,
    common_options,
    input_options_but,
    output_options,
    read_settings,
    selection_options_but,
)
from resnet_inspect.cli.printing import check_outputs, print_table, selection_of

if TYPE_CHECKING:
    from resnet_inspect.traces.codec import Measured

_RUN_OPTIONS = {
    "backward": False, "compiled": False, "channels_last": False, "threads": None, "repeats": 20,
    "warm_up": 5,
}  # fmt: skip
"""Options that say what is run and how often, with their defaults."""


@click.command(
    name="measure",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect measure resnet50 --device cuda", "time, FLOP/s and bytes/s by layer"),
        ("resnet-inspect measure resnet18 --view stages --backward", "both ways, by stage"),
        ("resnet-inspect measure resnet50 --batch 1,8,32 --view stages", "each batch in turn"),
        ("resnet-inspect measure resnet18 --threads 1 --save m.json", "keep it ..."),
        ("resnet-inspect measure m.json --view blocks", "... and read it without torch"),
    ],
)
@click.argument("model", type=ModelName())
@input_options_but("batch", "device", "no_cache")
@click.option("--batch", "batches", type=Numbers(), help="Batch sizes, one measurement each: 1,8.")
@click.option("--device", help="cpu (default), cuda, cuda:1, mps.")
@click.option("--backward", is_flag=True, help="The backward pass too.")
@click.option("--channels-last", is_flag=True, help="Channels last in memory.")
@click.option("--compile", "compiled", is_flag=True, help="The whole forward compiled too.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the CPU.")
@click.option(
    "--repeats", type=click.IntRange(min=1), default=20, show_default=True, help="Runs that count."
)
@click.option(
    "--warm-up", type=click.IntRange(min=0), default=5, show_default=True, help="Runs before them."
)
@click.option(
    "--view", type=click.Choice(["layers", "blocks", "stages"]), default="layers",
    show_default=True, help="What a row is.",
)  # fmt: skip
@selection_options_but("view", "fold", "columns")
@output_options
@click.option("--save", type=click.Path(), help="Keep the measurements and their trace here.")
@common_options
def command(model: str, **options: Any) -> int:
    """Time every layer of MODEL on this machine.

    Median and spread of each call, its FLOP/s and bytes/s against a large matrix product and a
    large copy on the same device, and who holds memory when it is fullest. Rows sum to the whole;
    what the hooks cost is said. MODEL is a name, your own code, or a file that --save wrote.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.speed import Speed
    from resnet_inspect.analysis.survey import Survey
    from resnet_inspect.views import speeds

    if options["save"] == "-":
        raise click.UsageError("--save needs a file: stdout has the table")
    check_outputs([options["output"], options["save"]], options["force"])
    selection = selection_of({**options, "fold": False, "columns": None})
    if pipeline.is_trace_file(model):
        measured = _loaded(model, options)
    else:
        batches = dict.fromkeys(options["batches"] or (None,))
        measured = tuple(_measured(model, batch, options) for batch in batches)
    if options["save"]:
        pipeline.save_measured(measured, options["save"], overwrite=options["force"])
    found = [Speed(Survey(trace), one) for trace, one in measured]
    print_table(speeds.view(found, options["view"], selection), options)
    return 0


def _loaded(model: str, options: Mapping[str, Any]) -> tuple[Measured, ...]:
    from resnet_inspect import pipeline

    given = [name for name in (*INPUT_OPTIONS, "batches") if options.get(name)]
    given += [name for name, usual in _RUN_OPTIONS.items() if options[name] != usual]
    if given:
        raise click.UsageError("saved measurements are not made again: leave out the run's options")
    return pipeline.load_measured(model)


def _measured(model: str, batch: int | None, options: Mapping[str, Any]) -> Measured:
    from resnet_inspect import pipeline

    with Progress() as progress, streams_aside():
        return pipeline.measure(
            model,
            input_of(model, {**options, "batch": batch}),
            device=options["device"] or "cpu",
            dtype=options["dtype"],
            mode="train" if options["train"] else "eval",
            arguments=read_settings(options["settings"]),
            weights=options["weights"],
            runs={name: options[name] for name in _RUN_OPTIONS},
            tell=progress.tell,
        )
