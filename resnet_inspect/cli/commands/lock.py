"""`resnet-inspect lock`: the architecture of a network as a file for version control."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.output.printout import check_outputs
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.tracing import loaded_or_captured

if TYPE_CHECKING:
    from resnet_inspect.traces.model import Trace


@click.command(
    name="lock",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect lock resnet50 -o resnet50.lock", "then put it under version control"),
        ("resnet-inspect lock model.py:Net -o net.lock --input 1,1,28,28", "your own"),
        ("resnet-inspect check model.py:Net --lock net.lock", "in CI: 1 if it changed"),
        ("resnet-inspect diff net.lock resnet18", "a lock is read wherever a trace is"),
    ],
)
@click.argument("model", type=ModelName())
@input_options
@click.option("-o", "--output", type=click.Path(allow_dash=True), help="The file; - is stdout.")
@common_options
def command(model: str, **options: Any) -> int:
    """Write the architecture of MODEL to a file for version control.

    A line for each call: path, op, window, shape, parameters; nothing of versions, devices or
    names of classes. An inserted layer is one line more. MODEL is a name, a file of yours or a
    saved trace.
    """
    from resnet_inspect import locks
    from resnet_inspect.files import write_all

    output = options["output"]
    check_outputs([output], options["force"])
    captured = loaded_or_captured(model, options)
    written = locks.dumps(captured, f"Renew with: {renewal(model, output, captured, options)}")
    if output in (None, "-"):
        put(written)
    else:
        write_all({Path(output): written}, overwrite=options["force"])
        remark(f"wrote {output}")
    return 0


def renewal(model: str, output: str | None, locked: Trace, options: Mapping[str, Any]) -> str:
    """The command that locks a network again on the same input."""
    from resnet_inspect import pipeline

    words = ["resnet-inspect", "lock", model]
    if output not in (None, "-"):
        words += ["-o", str(output), "--force"]
    if not pipeline.is_trace_file(model):
        for shape in _inputs(model, locked):
            words += ["--input", shape]
        words += ["--dtype", options["dtype"]] if options["dtype"] else []
        call = locked.provenance.call
        words += ["--call", call] if call != "forward" else []
        words += ["--train"] if locked.provenance.mode == "train" else []
        words += [word for setting in options["settings"] for word in ("--set", setting)]
    return shlex.join(words)


def _inputs(model: str, locked: Trace) -> list[str]:
    """What `--input` is to be given; nothing where it is the usual input of that network."""
    from resnet_inspect import pipeline

    size = pipeline.input_of(locked, model)
    if size == pipeline.input_shape(model):
        return []
    arguments = size if isinstance(size, Mapping) else {0: size}
    return [
        _written(one) if isinstance(name, int) else f"{name}={_written(one)}"
        for name, one in arguments.items()
    ]


def _written(argument: Any) -> str:
    """A shape, one with its element type, or a list of them, as `--input` takes it."""
    if isinstance(argument, list):
        return "+".join(map(_written, argument)) + ("+" if len(argument) == 1 else "")
    if isinstance(argument[-1], str):
        return f"{_written(argument[0])}:{argument[1]}"
    return ",".join(map(str, argument))
