"""`resnet-inspect tui`: browse a network in the terminal."""

from __future__ import annotations

import sys

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.options import HELP, Documented
from resnet_inspect.cli.output import write_table
from resnet_inspect.cli.parameters import ModelName
from resnet_inspect.cli.streams import streams_aside


@click.command(
    name="tui",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect tui resnet34", "a variant"),
        ("resnet-inspect tui model.py:Net", "your own network; this runs your code"),
        ("resnet-inspect tui trace.json", "a saved trace; needs no torch"),
        ("resnet-inspect", "what was open last"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(model: str | None, debug: bool) -> int:
    """Browse MODEL (a name or a saved trace) in the terminal; ? shows the keys.

    Without a terminal, the trace is printed instead.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        from resnet_inspect.tui import explore

        return explore(model)
    from resnet_inspect import pipeline

    name = model or "resnet50"
    remark("no terminal: the trace is printed instead")
    with streams_aside():
        captured = pipeline.load(name) if pipeline.is_trace_file(name) else pipeline.trace(name)
    shown = pipeline.tabulate(captured)
    write_table(shown, "table", None, {"width": None, "color": "auto", "force": False})
    return 0
