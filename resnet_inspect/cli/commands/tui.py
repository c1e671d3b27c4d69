"""`resnet-inspect tui`: browse a network in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.inputs import input_options_but
from resnet_inspect.cli.output.printout import write_table
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.cli.tracing import input_of, input_options_given, loaded_or_captured


@click.command(
    name="tui",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect tui resnet34", "a variant"),
        ("resnet-inspect tui resnet50 --image-size 64 --set num_classes=10", "run otherwise"),
        ("resnet-inspect tui model.py:Net", "your own network; this runs your code"),
        ("resnet-inspect tui trace.json", "a saved trace; needs no torch"),
        ("resnet-inspect tui run", "a training, while it runs or after"),
        ("resnet-inspect tui run other", "two side by side"),
        ("resnet-inspect", "what was open last"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@click.argument("against", type=ModelName(), required=False)
@input_options_but("call", "no_cache")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(model: str | None, against: str | None, debug: bool, **options: Any) -> int:
    """Browse MODEL in the terminal; it is a name, a saved trace or a run, and ? shows the keys.

    AGAINST, another of these, is set beside it.

    Without a terminal, the trace is printed instead.
    """
    given = input_options_given(options)
    if given and model is None:
        raise click.UsageError("name the network that is to be run so")
    in_browser = "TEXTUAL_DRIVER" in os.environ  # `serve` speaks to it in place of a terminal
    if in_browser or (sys.stdin.isatty() and sys.stdout.isatty()):
        from resnet_inspect.tui import explore

        return explore(model, _run_as(model, options) if given and model else None, against)
    from resnet_inspect import pipeline

    if against is not None:
        raise click.UsageError("no terminal: `resnet-inspect diff` compares two networks in print")
    name = model or "resnet50"
    remark("no terminal: the trace is printed instead")
    if given:
        captured = loaded_or_captured(name, options)
    else:
        with streams_aside():
            captured = pipeline.load(name) if pipeline.is_trace_file(name) else pipeline.trace(name)
    shown = pipeline.tabulate(captured)
    write_table(shown, "table", None, {"width": None, "color": "auto", "force": False})
    return 0


def _run_as(model: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """How the network is to be run, as the explorer takes it."""
    from resnet_inspect import pipeline

    if pipeline.is_trace_file(model):
        raise click.UsageError("a saved trace is not run again: leave out the input options")
    return {
        "input": input_of(model, options),
        "dtype": options["dtype"],
        "device": options["device"],
        "mode": "train" if options["train"] else "eval",
        "arguments": read_settings(options["settings"]),
        "weights": options["weights"],
    }
