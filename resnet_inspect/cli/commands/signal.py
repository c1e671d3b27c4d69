"""`resnet-inspect signal`: what flows through a network, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import Progress, put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import devices, input_options_but
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import SELECTION_OPTIONS, measured_options
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import (
    columns_of,
    say_if_nothing_matches,
    say_what_does_not_apply,
    selection_of,
)
from resnet_inspect.cli.output.terminal import columns_of_terminal
from resnet_inspect.cli.output.views import with_signals
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.cli.tracing import input_of, input_options_given
from resnet_inspect.errors import UsageError

if TYPE_CHECKING:
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.traces.signals import Watched
    from resnet_inspect.views.tables.measured import Beside


def _signals() -> Mapping[str, Beside[Signal]]:
    from resnet_inspect.views.tables.signals import SIGNALS

    return SIGNALS


_BATCH = 32
_DRAWN = ".svg"


@click.command(
    name="signal",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect signal resnet18 --train --batch 8", "outputs and gradients by layer"),
        ("resnet-inspect signal paper:cifar_plain56 paper:cifar_resnet56 --train -o flow.svg",
         "two networks in one figure"),
        ("resnet-inspect signal resnet:basic:9,9,9:width=16,stem=cifar,norm=none --plot",
         "without norms, in the terminal"),
        ("resnet-inspect signal paper:cifar_resnet20 --train --view blocks", "branch and shortcut"),
        ("resnet-inspect signal paper:cifar_resnet20 --train --save s.json", "keep it ..."),
        ("resnet-inspect signal s.json --where 'zeros>60%'", "where much is zero"),
        ("resnet-inspect signal s.json --view stages", "... and read it without torch"),
    ],
)  # fmt: skip
@click.argument("models", type=ModelName(), nargs=-1, required=True)
@input_options_but("batch", "device", "no_cache")
@click.option("--batch", type=click.IntRange(min=1), help="Batch size.  [default: 32]")
@click.option("--device", help=devices("cpu", without=("meta",)))
@click.option(
    "--loss", type=click.Choice(["cross-entropy", "mean-square"]),
    help="Where the backward pass starts: random labels, or the outputs' squares."
    "  [default: the first for class scores]",
)  # fmt: skip
@click.option("--data", type=click.Path(), metavar="DIR",
              help="Images of this folder in place of noise.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True,
              help="Of fresh weights, noise or images, labels, dropout.")  # fmt: skip
@click.option("--plot", is_flag=True, help="Plot it in the terminal instead of a table.")
@measured_options(_signals, "'zeros>60%', 'kind:norm std>2'.")
@output_options
@click.option("--save", type=click.Path(), help="Keep the signals and their trace here.")
@common_options
def command(models: tuple[str, ...], **options: Any) -> int:
    """Run MODELS forward and back once and say what flows at every layer.

    Mean, spread and zeros of each output, the loss's gradient at it, weights and their gradients,
    and what meets at the add of each block, over a batch of noise or of images. Several networks
    are set side by side; -o FILE.svg plots spread and gradient along their depth. MODELS are names,
    your own code, or files that --save wrote.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.figures.signals import plot_of
    from resnet_inspect.views.tables import signals
    from resnet_inspect.views.tables.assembly import check_where
    from resnet_inspect.views.tables.columns import COLUMNS

    if options["save"] and len(models) > 1:
        raise UsageError("--save keeps one network", hint="one command for each")
    if options["save"] == "-":
        raise click.UsageError("--save needs a file: stdout has the table")
    check_outputs([options["output"], options["save"]], options["force"])
    selection_of({**options, "columns": None})
    signals.check_keys(columns_of(options["columns"], ()))
    check_where(options["where"], [*COLUMNS.values(), *signals.SIGNALS.values()])
    watched = [_loaded(model, options) or _run(model, options) for model in models]
    if options["save"]:
        pipeline.save_signals(watched[0], options["save"], overwrite=options["force"])
    found = [Signal(Survey(trace), steps[-1]) for trace, steps in watched]
    is_plot = options["plot"] or _is_drawn(options["output"])
    if is_plot or len(found) > 1:
        kind = "a plot" if is_plot else "several networks side by side"
        say_what_does_not_apply({*SELECTION_OPTIONS} - {"view"}, options, kind)
    if is_plot:
        _plot(found, options)
    elif len(found) > 1:
        table = signals.side_by_side(found)
        print_table(replace(table, figure=plot_of(found)), options)
    else:
        table = with_signals(found[0], options)
        say_if_nothing_matches(table, options)
        print_table(table, options)
    return 0


def _is_drawn(output: str | None) -> bool:
    return output is not None and Path(output).suffix.lower() == _DRAWN


def _plot(found: Sequence[Signal], options: Mapping[str, Any]) -> None:
    """Write the figure to the file, or the plot in characters to stdout."""
    from resnet_inspect.formats.figures import render_picture
    from resnet_inspect.views.figures.signals import as_text, propagation

    output = options["output"]
    if not _is_drawn(output):
        if output not in (None, "-"):
            raise UsageError(f"a plot is drawn as {_DRAWN}, not as {Path(output).suffix}")
        width = options["width"] or min(columns_of_terminal() or 100, 100)
        put("\n".join([*as_text(found, width), ""]))
        return
    from resnet_inspect.files import write_all

    drawn = render_picture(propagation(found), "svg")
    write_all({Path(output): drawn}, overwrite=options["force"])
    remark(f"wrote {output}")


def _loaded(model: str, options: Mapping[str, Any]) -> Watched | None:
    """What a file has; None for a network that is to be run."""
    from resnet_inspect import pipeline

    if not pipeline.is_trace_file(model):
        return None
    if input_options_given(options) or options["loss"] or options["data"]:
        raise click.UsageError("saved signals are not made again: leave out the run's options")
    return pipeline.load_signals(model)


def _run(model: str, options: Mapping[str, Any]) -> Watched:
    from resnet_inspect import pipeline

    whole = {**options, "batch": options["batch"] or (None if options["inputs"] else _BATCH)}
    with Progress() as progress, streams_aside():
        return pipeline.signal(
            model,
            input_of(model, whole),
            device=options["device"],
            dtype=options["dtype"],
            mode="train" if options["train"] else "eval",
            arguments=read_settings(options["settings"]),
            weights=options["weights"],
            loss=options["loss"],
            data=options["data"],
            seed=options["seed"],
            call=options["call"] or "forward",
            tell=progress.tell,
        )
