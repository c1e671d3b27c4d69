"""`resnet-inspect measure`: how long every layer takes on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import devices, input_options_but
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import measured_options
from resnet_inspect.cli.options.timing import run_options, run_options_given
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import columns_of, say_if_nothing_matches, selection_of
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.numbers import Numbers
from resnet_inspect.cli.tracing import before, input_options_given, measure

if TYPE_CHECKING:
    from resnet_inspect.traces.json.codec import Measured
    from resnet_inspect.views.tables.timing import Timed


def _times() -> Mapping[str, Timed]:
    from resnet_inspect.views.tables.timing import TIMES

    return TIMES


@click.command(
    name="measure",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect measure resnet50 --device cuda", "time, FLOP/s and bytes/s by layer"),
        ("resnet-inspect measure resnet18 --view stages --backward", "both ways, by stage"),
        ("resnet-inspect measure resnet50 --batch 1,8,32 --view stages", "each batch in turn"),
        ("resnet-inspect measure resnet50 --where 'time>5ms'", "only what takes long"),
        ("resnet-inspect measure resnet18 --threads 1 --save m.json", "keep it ..."),
        ("resnet-inspect measure m.json --view blocks", "... and read it without torch"),
    ],
)
@click.argument("model", type=ModelName())
@input_options_but("batch", "device", "no_cache")
@click.option("--batch", "batches", type=Numbers(), help="Batch sizes, one measurement each: 1,8.")
@click.option("--device", help=devices("cpu", without=("meta",)))
@run_options
@measured_options(_times, "'time>5ms', 'conv 3x3'.")
@output_options
@click.option("--save", type=click.Path(), help="Keep the measurements and their trace here.")
@common_options
def command(model: str, **options: Any) -> int:
    """Time every layer of MODEL on this machine.

    Median and spread of each call, its FLOP/s and bytes/s against a large matrix product and a
    large copy on the same device, and who holds memory when it is fullest. Rows sum to the whole, a
    folded one with the times of all its blocks; what the hooks cost is said. MODEL is a name, your
    own code, or a file that --save wrote.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.analysis.timing import Timing
    from resnet_inspect.views.tables import timing
    from resnet_inspect.views.tables.assembly import check_where
    from resnet_inspect.views.tables.columns import COLUMNS

    if options["save"] == "-":
        raise click.UsageError("--save needs a file: stdout has the table")
    check_outputs([options["output"], options["save"]], options["force"])
    selection = selection_of({**options, "columns": None})
    timing.check_keys(columns_of(options["columns"], ()))
    check_where(options["where"], [*COLUMNS.values(), *timing.TIMES.values()])
    if pipeline.is_trace_file(model):
        measured, stopped = _loaded(model, options), None
    else:
        measured, stopped = _in_turn(model, options)
    with before(stopped):
        if options["save"]:
            pipeline.save_measured(measured, options["save"], overwrite=options["force"])
        found = [Timing(Survey(trace), one) for trace, one in measured]
        columns = columns_of(options["columns"], timing.shown(found))
        table = timing.view(found, options["view"], replace(selection, columns=columns))
        say_if_nothing_matches(table, options)
        print_table(table, options)
    return 0


def _loaded(model: str, options: Mapping[str, Any]) -> tuple[Measured, ...]:
    from resnet_inspect import pipeline

    if input_options_given(options) or options["batches"] or run_options_given(options):
        raise click.UsageError("saved measurements are not made again: leave out the run's options")
    return pipeline.load_measured(model)


def _in_turn(
    model: str, options: Mapping[str, Any]
) -> tuple[tuple[Measured, ...], BaseException | None]:
    """A measurement of each batch, and what stopped them, if there is any before it."""
    from resnet_inspect.errors import InspectError

    found: list[Measured] = []
    try:
        for batch in dict.fromkeys(options["batches"] or (None,)):
            which = f"batch {batch}" if batch else ""
            found.append(measure(model, {**options, "batch": batch}, which))
    except (InspectError, KeyboardInterrupt) as stopped:
        if not found:
            raise
        return tuple(found), stopped
    return tuple(found), None
