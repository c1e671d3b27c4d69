"""`resnet-inspect draw`: the network, one block, or the cost of each stage as a figure."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.options import HELP, Documented, common_options, input_options
from resnet_inspect.cli.output import check_outputs
from resnet_inspect.cli.parameters import ModelName, Named, NamedOption
from resnet_inspect.cli.tracing import loaded_or_captured
from resnet_inspect.errors import UnknownName


def _formats() -> Iterable[str]:
    from resnet_inspect.formats.figures import FIGURE_FORMATS

    return (*FIGURE_FORMATS, "text")


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
@click.option("--block", metavar="PATH", help="Only this residual block, layer by layer.")
@click.option("--bars", is_flag=True, help="Parameters, MACs and activations by stage, as bars.")
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
    help="Write to this file: .svg .html .mmd .dot; - is stdout.",
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
    if output in (None, "-"):
        sys.stdout.write(drawn)
    else:
        write_all({Path(output): drawn}, overwrite=options["force"])
        remark(f"wrote {output}")
    return 0


def _format(options: dict[str, Any]) -> str:
    """The format asked for, or that of the suffix, or what stdout gets; refuses what cannot be."""
    from resnet_inspect.formats.figures import FIGURE_FORMATS, figure_formats_by_suffix

    if options["block"] and options["bars"]:
        raise click.UsageError("--block and --bars are two pictures: leave one out")
    for name in ("level", "unfold"):
        if options[name] and (options["block"] or options["bars"]):
            raise click.UsageError(f"--{name} is for the whole network's figure")
    found: str | None = options["format"]
    if found is None and options["output"] not in (None, "-"):
        suffix = Path(options["output"]).suffix.lower()
        known = figure_formats_by_suffix()
        if suffix not in known:
            see = f"known: {', '.join(known)}"
            raise UnknownName("format", suffix or options["output"], known, see=see)
        found = known[suffix]
    if found is None:
        found = "text" if options["block"] else "svg" if options["bars"] else "mermaid"
    pictures = [name for name, one in FIGURE_FORMATS.items() if not one.is_chart]
    if options["bars"] and found not in pictures:
        raise click.UsageError(f"bars are drawn as {' or '.join(pictures)}, not as {found}")
    if found == "text" and not options["block"]:
        raise click.UsageError("text is for --block PATH; the views of `trace` print the whole")
    return found


def _drawn(survey: Any, format: str, options: dict[str, Any]) -> str:
    from resnet_inspect.formats.figures import render_figure, render_picture
    from resnet_inspect.views.figures import bars, drawings, graph

    theme, direction = options["theme"], options["direction"]
    if options["bars"]:
        return render_picture(bars.by_stage(survey), format, theme)
    if not options["block"]:
        figure = graph.network(survey, options["level"] or "block", not options["unfold"])
        return render_figure(figure, format, direction, theme)
    if format == "text":
        _, block = graph.block_at(survey, options["block"])
        width = min(72, shutil.get_terminal_size().columns)
        return "\n".join([*drawings.block(survey, block, width), ""])
    return render_figure(graph.block(survey, options["block"]), format, direction, theme)
