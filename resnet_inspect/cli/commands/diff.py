"""`resnet-inspect diff`: what differs between two networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import difference_options
from resnet_inspect.cli.options.timing import run_options, run_options_given
from resnet_inspect.cli.output.printout import check_outputs, is_page, print_table
from resnet_inspect.cli.output.selection import (
    columns_of,
    difference_selection,
    say_if_no_difference_matches,
)
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.shapes import Input
from resnet_inspect.cli.tracing import capture, input_options_given, measure

if TYPE_CHECKING:
    from resnet_inspect.traces.json.codec import Measured, Saved
    from resnet_inspect.views.tables.rows.selection import Selection


_SIDES = ("left", "right")


def _side_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Arguments and inputs of one side alone."""
    for side, name in reversed([*zip(_SIDES, "AB", strict=True)]):
        for option in (
            click.option(
                f"--{side}-input",
                type=Input(),
                multiple=True,
                metavar="[NAME=]SHAPE[:DTYPE]",
                help=f"Input of {name} alone, in place of the input of both.",
            ),
            click.option(
                f"--{side}-set",
                multiple=True,
                metavar="NAME=VALUE",
                help=f"Argument of the builder of {name} alone, over one of both.",
            ),
        ):
            command = option(command)
    return command


@click.command(
    name="diff",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect diff resnet34 resnet50", "what a deeper network does otherwise"),
        ("resnet-inspect diff resnet34 resnet50 -o net.html", "a page with both, in any browser"),
        ("resnet-inspect diff model.py:ResNet18 resnet18", "your own against torchvision's"),
        ("resnet-inspect diff old.json model.py:Net --exit-code", "fail if it changed"),
        ("resnet-inspect diff resnet18 resnet34 --image-size 32", "both for small images"),
        ("resnet-inspect diff resnet50 resnet50 --right-set width_per_group=128", "an argument"),
        ("resnet-inspect diff resnet34 resnet50 --where 'only right'", "what only B has"),
        ("resnet-inspect diff resnet34 resnet50 --measure", "which is faster on this CPU, where"),
        ("resnet-inspect diff one.json two.json", "times too, if `measure --save` wrote them"),
        ("resnet-inspect diff before.json after.json", "signals too, if `signal --save` did"),
    ],
)
@click.argument("a", type=ModelName())
@click.argument("b", type=ModelName())
@input_options
@_side_options
@difference_options
@click.option("--measure", "measured", is_flag=True, help="Time both in turns; on cpu by default.")
@run_options
@click.option("--exit-code", is_flag=True, help="Exit with 1 if they differ, with 0 if not.")
@output_options
@common_options
def command(a: str, b: str, exit_code: bool, **options: Any) -> int:
    """Say what differs between A and B: in words, in totals, and layer by layer.

    A and B are names, files of yours, saved traces or lock files. Layers are aligned by stage,
    block and role: an inserted block is one insertion, and other names are no difference. What is
    marked ~ changed, - is only in A, + only in B. Input options are for both, or for the one that
    is run; --left-set, --left-input, --right-set and --right-input are for one alone.

    With --measure, or where A or B is a file that `measure --save` wrote, it has their times, and
    says which is faster and where. Of a difference that runs alone could make, nothing is claimed.
    Where A or B is a file of signals, it has those of the last step, and says where they differ.

    A file .html is the page that explores both, side by side, as `export A --against B` writes it;
    with --format html it is the table alone.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.views.tables.assembly import check_where
    from resnet_inspect.views.tables.comparison import timing
    from resnet_inspect.views.tables.comparison.measured import Compared

    check_outputs([options["output"]], options["force"])
    saved = [pipeline.is_trace_file(subject) for subject in (a, b)]
    if all(saved) and (options["measured"] or input_options_given(options)):
        raise click.UsageError(
            "saved traces are not run again: leave out the input options and --measure"
        )
    if options["measured"]:
        check_where(options["where"], [*timing.HEADINGS.values()])
    if run_options_given(options) and not options["measured"]:
        raise click.UsageError("options for what is timed need --measure")
    for side, subject, is_saved in zip(_SIDES, (a, b), saved, strict=True):
        if is_saved and (options[f"{side}_set"] or options[f"{side}_input"]):
            raise click.UsageError(
                f"{subject} is a saved trace and is not run: leave out --{side}-set, --{side}-input"
            )
    left, right = _sides((a, b), saved, [_of_side(options, side) for side in _SIDES])
    found = Compared.of(left, right)
    everything = options["everything"]
    columns = columns_of(options["columns"], found.shown)
    selection = replace(difference_selection(options), columns=columns)
    if is_page(options):
        _write_page((left, right), selection, options)
    else:
        table = found.view(selection, unfold=everything, brief=not everything)
        say_if_no_difference_matches(table, options)
        print_table(table, options)
    return int(exit_code and not found.difference.equal)


def _write_page(sides: Sequence[Saved], selection: Selection, options: Mapping[str, Any]) -> None:
    """Write the page that explores both, opened at what differs."""
    from resnet_inspect import pipeline
    from resnet_inspect.answers.pages import exploration
    from resnet_inspect.files import write_all

    output = Path(options["output"])
    page = exploration([pipeline.explored(side) for side in sides], "comparison", selection)
    write_all({output: page.to_html()}, overwrite=options["force"])
    remark(f"wrote {output}")


def _of_side(options: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    """The options for one side: what is for both, and over it what is for this one alone."""
    settings = (*options["settings"], *options[f"{side}_set"])
    own: dict[str, Any] = {"settings": settings}
    if options[f"{side}_input"]:
        parts = dict.fromkeys(("image_size", "batch", "channels"))
        own |= {"inputs": options[f"{side}_input"], **parts}
    return {**options, **own}


def _sides(
    subjects: Sequence[str], saved: Sequence[bool], options: Sequence[Mapping[str, Any]]
) -> list[Saved]:
    """Both traces, with what was measured of them; files are read before anything is run."""
    from resnet_inspect import pipeline

    read = [
        pipeline.load_saved(subject) if is_saved else None
        for subject, is_saved in zip(subjects, saved, strict=True)
    ]
    measured = options[0]["measured"]
    if measured and not any(saved):
        return _in_turns(subjects, options)
    run = _measured if measured else _unmeasured
    return [
        found or run(subject, how)
        for subject, found, how in zip(subjects, read, options, strict=True)
    ]


def _unmeasured(subject: str, options: Mapping[str, Any]) -> Saved:
    from resnet_inspect.traces.json.codec import Saved

    return Saved(capture(subject, options))


def _measured(subject: str, options: Mapping[str, Any]) -> Saved:
    from resnet_inspect.traces.json.codec import Saved

    return Saved(*measure(subject, options))


_TURNS = 4
"""In how many parts the runs of each side are made."""


def _in_turns(subjects: Sequence[str], options: Sequence[Mapping[str, Any]]) -> list[Saved]:
    """Left, right, right, left and so on: a machine that slows down does so for both.

    What it does from turn to turn is then a part of what the runs differ by.
    """
    from resnet_inspect.errors import WorkFailed
    from resnet_inspect.traces.json.codec import Saved
    from resnet_inspect.traces.timing import joined, mismatch

    repeats = options[0]["repeats"]
    found: dict[int, Measured] = {}
    turns = min(_TURNS, repeats)
    for turn in range(turns):
        often = len(range(turn, repeats, _TURNS))
        compiled = options[0]["compiled"] and not turn
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            which = f"{subjects[side]}, turn {turn + 1} of {turns}"
            how = {**options[side], "repeats": often, "compiled": compiled}
            trace, more = measure(subjects[side], how, which)
            if side in found:
                trace, more = found[side][0], joined(found[side][1], more)
                fault = mismatch(trace, more)
                if fault:
                    raise WorkFailed(f"{subjects[side]} did not do the same again: {fault}")
            found[side] = trace, more
    return [Saved(*found[0]), Saved(*found[1])]
