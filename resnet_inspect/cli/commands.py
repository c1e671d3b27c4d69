"""The commands. Each asks the pipeline and hands the result to stdout or to files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect._version import __version__
from resnet_inspect.cli.diagnostics import Progress, remark
from resnet_inspect.cli.options import (
    INPUT_OPTIONS,
    Documented,
    ModelName,
    Named,
    common_options,
    format_names,
    input_options,
    output_options,
    read_settings,
    selection_options,
)

if TYPE_CHECKING:
    from resnet_inspect.traces.model import Trace
    from resnet_inspect.views.selection import Selection
    from resnet_inspect.views.table import Table

_HELP = {"help_option_names": ["-h", "--help"]}


def _print_versions(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    def found(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} not installed"

    python = ".".join(map(str, sys.version_info[:3]))
    others = ", ".join((f"Python {python}", *map(found, ("torch", "torchvision"))))
    click.echo(f"resnet-inspect {__version__} ({others})")
    ctx.exit()


class _Top(click.Group):
    """The group of all commands; its help begins with examples."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the description."""
        with formatter.section("Examples"):
            formatter.write_dl(
                [
                    ("resnet-inspect trace resnet50", "every layer's window, shapes and cost"),
                    ("resnet-inspect trace resnet34 --view stages", "what each stage did"),
                    ("resnet-inspect export resnet50 out.md out.html", "the same, as files"),
                    ("resnet-inspect list 'wide*'", "what can be traced"),
                ]
            )
        super().format_help_text(ctx, formatter)


@click.group(cls=_Top, context_settings=_HELP, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_versions,
    help="Show the version, and those of Python, torch and torchvision.",
)  # fmt: skip
@click.pass_context
def commands(ctx: click.Context) -> int | None:
    """Inspect the architecture of residual networks, as they really run."""
    if ctx.invoked_subcommand is not None:
        return None
    if sys.stdin.isatty() and sys.stdout.isatty():
        from resnet_inspect.tui import explore

        return explore()
    click.echo(ctx.get_help(), err=True)
    return 2


@commands.command(
    cls=Documented,
    context_settings=_HELP,
    examples=[
        ("resnet-inspect tui resnet34", "a variant"),
        ("resnet-inspect tui trace.json", "a saved trace; needs no torch"),
        ("resnet-inspect", "what was open last"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def tui(model: str | None, debug: bool) -> int:
    """Browse MODEL (a name or a saved trace) in the terminal; ? shows the keys.

    Without a terminal, the trace is printed instead.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        from resnet_inspect.tui import explore

        return explore(model)
    from resnet_inspect import pipeline

    name = model or "resnet50"
    remark("no terminal: the trace is printed instead")
    captured = pipeline.load(name) if pipeline.is_trace_file(name) else pipeline.trace(name)
    shown = pipeline.tabulate(captured)
    _write_table(shown, "table", None, {"width": None, "color": "auto", "force": False})
    return 0


@commands.command(
    cls=Documented,
    context_settings=_HELP,
    examples=[
        ("resnet-inspect trace resnet50", "convolutions, pools, adds, linear layers"),
        ("resnet-inspect trace resnet50 --all --fold", "every step, identical blocks as one"),
        ("resnet-inspect trace resnet34 --stage 2 --format md", "one stage as markdown"),
        ("resnet-inspect trace resnet18 --image-size 32 --set num_classes=10", "CIFAR-10"),
        ("resnet-inspect trace resnet50 --columns +receptive_field,jump", "two columns more"),
        ("resnet-inspect trace resnet50 --save trace.json", "keep it; `show` reads it back"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@input_options
@selection_options
@output_options
@click.option("--save", type=click.Path(), help="Keep the whole trace in this file.")
@common_options
def trace(model: str | None, **options: Any) -> int:
    """Run MODEL once and print what every layer did.

    Prints path, op, kernel, stride, padding, input and output shape, parameters and MACs of each
    call in order. Rows whose numbers are not broken down below them sum to the totals.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.errors import ForwardError

    if model is None:
        raise click.UsageError("which model? `resnet-inspect list` shows them")
    if options["save"] == "-":
        raise click.UsageError("--save needs a file: stdout has the table")
    _check_outputs([options["output"], options["save"]], options["force"])
    _selection(options)
    try:
        captured = _capture(model, options)
    except ForwardError as error:
        if options["save"]:
            pipeline.save(error.trace, options["save"], overwrite=options["force"])
            remark(f"saved the trace up to there in {options['save']}")
        raise
    if options["save"]:
        pipeline.save(captured, options["save"], overwrite=options["force"])
    _print(captured, options)
    return 0


@commands.command(
    cls=Documented,
    context_settings=_HELP,
    examples=[
        ("resnet-inspect show trace.json", "as `trace` printed it"),
        ("resnet-inspect show trace.json --view blocks --format html -o t.html", "as a page"),
    ],
)
@click.argument("file", type=click.Path())
@selection_options
@output_options
@common_options
def show(file: str, **options: Any) -> int:
    """Print a trace that was saved, with every view and format. Needs no torch."""
    from resnet_inspect import pipeline
    from resnet_inspect.sources.catalogue import VARIANTS

    if file in VARIANTS and not Path(file).exists():
        raise click.UsageError(f"`resnet-inspect trace {file}` traces a model by name")
    _check_outputs([options["output"]], options["force"])
    _selection(options)
    _print(pipeline.load(file), options)
    return 0


@commands.command(
    cls=Documented,
    context_settings=_HELP,
    examples=[
        ("resnet-inspect export resnet50 out.md", "a table for GitHub"),
        ("resnet-inspect export resnet50 out.csv out.json out.html --all", "three, one trace"),
        ("resnet-inspect export trace.json stages.tex --view stages", "from a saved trace"),
    ],
)
@click.argument("model", type=ModelName())
@click.argument("files", nargs=-1, required=True, type=click.Path())
@input_options
@selection_options
@common_options
def export(model: str, files: tuple[str, ...], **options: Any) -> int:
    """Write MODEL (a name or a saved trace) to FILES, each in the format its suffix names.

    Suffixes: .md .csv .json .html .tex .txt. Either all files are written or none.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.files import write_all
    from resnet_inspect.formats import render

    paths = [Path(file) for file in files]
    formats = [pipeline.format_of(path) for path in paths]
    _check_outputs(files, options["force"])
    selection = _selection(options)
    if pipeline.is_trace_file(model):
        given = [name for name in INPUT_OPTIONS if options[name]]
        if given:
            raise click.UsageError("a saved trace is not run again: leave out the input options")
        captured = pipeline.load(model)
    else:
        captured = _capture(model, options)
    table = pipeline.tabulate(captured, options["view"], selection)
    _say_if_nothing_matches(table, options)
    contents = {path: render(table, name) for path, name in zip(paths, formats, strict=True)}
    write_all(contents, overwrite=options["force"])
    for path in paths:
        remark(f"wrote {path}")
    return 0


@commands.command(
    name="list",
    cls=Documented,
    context_settings=_HELP,
    examples=[
        ("resnet-inspect list", "every model"),
        ("resnet-inspect list 'resnet*' 'wide*'", "those that a glob matches"),
        ("resnet-inspect list --format json", "for programs"),
    ],
)
@click.argument("globs", nargs=-1)
@click.option(
    "--format",
    "format",
    type=Named("format", format_names),
    default="table",
    show_default=True,
    help="table, text, md, csv, json, html or latex.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def list_models(globs: tuple[str, ...], format: str, debug: bool) -> int:
    """List the models that can be traced by name: block, depth, parameters, GMACs, input."""
    from resnet_inspect.errors import UnknownName
    from resnet_inspect.sources.catalogue import VARIANTS, names
    from resnet_inspect.views.variants import table

    chosen = names(globs)
    if not chosen:
        raise UnknownName("model", " ".join(globs), VARIANTS, see="`resnet-inspect list` shows all")
    shown = table([VARIANTS[name] for name in chosen])
    _write_table(shown, format, None, {"width": None, "color": "auto", "force": False})
    return 0


def _capture(model: str, options: Mapping[str, Any]) -> Trace:
    from resnet_inspect import pipeline
    from resnet_inspect.errors import BadInput

    if model.endswith(".json"):
        raise click.UsageError(f"`resnet-inspect show {model}` prints a saved trace")
    parts = {key: options[key] for key in ("image_size", "batch", "channels")}
    if options["input_size"] is not None and any(part is not None for part in parts.values()):
        raise BadInput(
            "--input is the whole shape", hint="leave out --image-size, --batch, --channels"
        )
    size = options["input_size"] or pipeline.input_shape(model, **parts)
    with Progress() as progress:
        captured = pipeline.trace(
            model,
            size,
            device=options["device"],
            dtype=options["dtype"],
            mode="train" if options["train"] else "eval",
            arguments=read_settings(options["settings"]),
            tell=progress.tell,
        )
    for note in captured.provenance.notes:
        remark(note)
    return captured


def _selection(options: Mapping[str, Any]) -> Selection:
    """What the options select; raises for a kind or column that does not exist."""
    from resnet_inspect.views.columns import check_keys
    from resnet_inspect.views.selection import Selection

    selection = Selection(
        everything=options["everything"],
        only=_keys(options["only"]),
        match=options["match"],
        stage=options["stage"],
        depth=options["depth"],
        fold=options["fold"],
        columns=_columns(options["columns"], options["view"]),
    )
    selection.check()
    check_keys(selection.columns)
    return selection


_APPLY = {
    "layers": {"everything", "only", "match", "stage", "depth", "fold"},
    "blocks": {"match", "stage", "fold"},
    "stages": {"match", "stage"},
    "modules": {"only", "match", "depth"},
    "totals": set(),
}
"""The options of a selection that each view heeds."""


def _say_if_nothing_matches(table: Table, options: Mapping[str, Any]) -> None:
    """Say which options the view does not heed, and when they leave nothing to show."""
    view = options["view"]
    every = _APPLY["layers"]
    unheeded = [
        name
        for name in sorted(every)
        if name not in _APPLY[view] and options[name] not in (None, False)
    ]
    for name in unheeded:
        option = "all" if name == "everything" else name
        remark(f"--{option} does not apply to the {view} view")
    if all(row.kind == "rest" for row in table.rows):
        remark("no row is left by what was selected")


def _keys(written: str | None) -> tuple[str, ...]:
    return tuple(key.strip() for key in (written or "").split(",") if key.strip())


def _columns(written: str | None, view: str) -> tuple[str, ...]:
    """Keys as given; with + before the first, they come after the view's own."""
    if not written or not written.startswith("+"):
        return _keys(written)
    from resnet_inspect.views import SHOWN
    from resnet_inspect.views.columns import check_keys

    more = tuple(key.removeprefix("+") for key in _keys(written))
    check_keys(more)
    own = SHOWN[view]
    return (*own, *(key for key in more if key not in own))


def _check_outputs(files: Iterable[str | None], force: bool) -> None:
    """Refuse existing files, and one named twice, before any work is done."""
    from resnet_inspect.files import refuse_existing

    paths = [Path(file) for file in files if file and file != "-"]
    if len({path.resolve() for path in paths}) < len(paths):
        raise click.UsageError("two outputs would go to the same file")
    if not force:
        refuse_existing(paths)


def _print(captured: Trace, options: Mapping[str, Any]) -> None:
    from resnet_inspect import pipeline

    output = options["output"]
    chosen = options["format"]
    if chosen is None and output not in (None, "-"):
        chosen = pipeline.format_of(Path(output))
    table = pipeline.tabulate(captured, options["view"], _selection(options))
    _say_if_nothing_matches(table, options)
    _write_table(table, chosen or "table", output, options)


def _write_table(table: Table, format: str, output: str | None, options: Mapping[str, Any]) -> None:
    """Write a table to a file or to stdout; in a terminal, fitted and coloured."""
    if output not in (None, "-"):
        from resnet_inspect.files import write_all
        from resnet_inspect.formats import render

        write_all({Path(output): render(table, format)}, overwrite=options["force"])
        remark(f"wrote {output}")
        return
    if format != "table":
        from resnet_inspect.formats import render

        sys.stdout.write(render(table, format))
        return
    from resnet_inspect.cli.console import console
    from resnet_inspect.formats.terminal import show as show_table

    width = options["width"] or _width()
    dropped = show_table(table, console(options["color"]), width)
    if dropped:
        remark(f"no room in {width} columns for: {', '.join(dropped)} (--width, or a wider window)")


def _width() -> int | None:
    """Columns to fit into: COLUMNS, or the terminal's; None where stdout is no terminal."""
    if os.environ.get("COLUMNS", "").isdecimal() and int(os.environ["COLUMNS"]) > 0:
        return int(os.environ["COLUMNS"])
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
