"""`resnet-inspect draw`: the network, one block, or the cost of each stage as a figure."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.output.printout import check_outputs
from resnet_inspect.cli.parameters.names import Named, NamedOption
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.tracing import loaded_or_captured
from resnet_inspect.errors import UnknownName
from resnet_inspect.views.figures import FIGURES, graph
from resnet_inspect.views.figures.shapes import Picture


def _formats() -> Iterable[str]:
    from resnet_inspect.formats.figures import FIGURE_FORMATS

    return (*FIGURE_FORMATS, "text")


def _figures(command: Callable[..., int]) -> Callable[..., int]:
    """An option for every kind of figure."""
    for name, kind in reversed(FIGURES.items()):
        add = click.option(
            f"--{name}", metavar=kind.of or None, is_flag=not kind.of, help=kind.meaning
        )
        command = add(command)
    return command


@click.command(
    name="draw",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect draw resnet50 -o net.svg", "every block, identical ones once"),
        ("resnet-inspect draw resnet50 --level stage --direction right -o net.svg", "for a slide"),
        ("resnet-inspect draw resnet50 --block layer2.0 -o block.svg", "one block's two paths"),
        ("resnet-inspect draw resnet50 --bars -o cost.html", "cost by stage"),
        ("resnet-inspect draw resnet18 > net.mmd", "Mermaid, which GitHub draws"),
    ],
)
@click.argument("model", type=ModelName())
@input_options
@click.option(
    "--level",
    type=click.Choice(["stage", "block", "layer"]),
    help="What a box is.  [default: block]",
)
@click.option("--unfold", is_flag=True, help="Draw each of identical blocks in a row.")
@_figures
@click.option(
    "--direction",
    type=click.Choice(["down", "right"]),
    default="down",
    show_default=True,
    help="Where the main path runs.",
)
@click.option(
    "--theme",
    type=click.Choice(["light", "dark"]),
    help="Colours.  [default: light; a page follows the reader's system]",
)
@click.option(
    "--format",
    "format",
    cls=NamedOption,
    type=Named("format", _formats),
    help="{names} (of a block).  [default: by the suffix; "
    "on stdout mermaid, for a block text, for bars svg]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(allow_dash=True),
    help="Write to this file: .svg .pdf .png .html .mmd .dot; - is stdout. PDF and PNG need the "
    "extra `pictures`.",
)
@common_options
def command(model: str, **options: Any) -> int:
    """Draw MODEL as a figure for a paper, a slide or a page.

    The main path runs straight and shortcuts run beside it, with the shape on every edge; boxes
    are blocks, stages or layers. MODEL is a name, a file of yours or a saved trace.
    """
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.files import write_all

    output = options["output"]
    format = _format(options)
    check_outputs([output], options["force"])
    drawn = _drawn(Survey(loaded_or_captured(model, options)), format, options)
    if isinstance(drawn, str) and output in (None, "-"):
        put(drawn)
    else:
        write_all({Path(output): drawn}, overwrite=options["force"])
        remark(f"wrote {output}")
    return 0


def _format(options: dict[str, Any]) -> str:
    """The format asked for, or that of the suffix, or what stdout gets; refuses what cannot be."""
    from resnet_inspect.formats.figures import FIGURE_FORMATS, figure_formats_by_suffix

    chosen = [name for name in FIGURES if options[name]]
    if len(chosen) > 1:
        raise click.UsageError(f"--{chosen[0]} and --{chosen[1]} are two pictures: leave one out")
    for name in ("level", "unfold"):
        if options[name] and chosen:
            raise click.UsageError(f"--{name} is for the whole network's figure")
    kind = FIGURES[chosen[0]] if chosen else None
    can_be_text = kind is not None and kind.text is not None
    is_placed = kind is not None and kind.placed
    found: str | None = options["format"]
    if found is None and options["output"] not in (None, "-"):
        suffix = Path(options["output"]).suffix.lower()
        known = figure_formats_by_suffix()
        if suffix not in known:
            see = f"known: {', '.join(known)}"
            raise UnknownName("format", suffix or options["output"], known, see=see)
        found = known[suffix]
    if found is None:
        found = "text" if can_be_text else "svg" if is_placed else "mermaid"
    pictures = [name for name, one in FIGURE_FORMATS.items() if not one.is_chart]
    if is_placed and found not in pictures:
        raise click.UsageError(f"{chosen[0]} are drawn as {' or '.join(pictures)}, not as {found}")
    if found == "text" and not can_be_text:
        which = ", ".join(f"--{name} {kind.of}" for name, kind in FIGURES.items() if kind.text)
        raise click.UsageError(f"text is for {which}; the views of `trace` print the whole")
    if options["output"] in (None, "-") and found != "text" and FIGURE_FORMATS[found].is_binary:
        raise click.UsageError(f"{found} needs a file: -o net.{found}")
    return found


def _drawn(survey: Any, format: str, options: dict[str, Any]) -> str | bytes:
    from resnet_inspect.formats.figures import render_figure, render_picture

    theme, direction = options["theme"], options["direction"]
    name = next((name for name in FIGURES if options[name]), None)
    if name is None:
        figure = graph.network(survey, options["level"] or "block", not options["unfold"])
        return render_figure(figure, format, direction, theme)
    kind, of = FIGURES[name], options[name] if FIGURES[name].of else ""
    if format == "text" and kind.text is not None:
        width = min(72, shutil.get_terminal_size().columns)
        return "\n".join([*kind.text(survey, of, width), ""])
    made = kind.make(survey, of)
    if isinstance(made, Picture):
        return render_picture(made, format, theme)
    return render_figure(made, format, direction, theme)
