"""`resnet-inspect explain`: what a layer, a block, a stage or the network teaches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.diagnostics import put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.output.printout import check_outputs
from resnet_inspect.cli.output.terminal import columns_of_terminal, is_coloured
from resnet_inspect.cli.parameters.networks import LayerPath, ModelName
from resnet_inspect.cli.tracing import loaded_or_captured

if TYPE_CHECKING:
    from resnet_inspect.views.lessons import Lesson


@click.command(
    name="explain",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect explain resnet50", "its depth, parts, shortcuts and strides"),
        ("resnet-inspect explain resnet50 layer2.0.conv2", "one layer, its arithmetic written out"),
        ("resnet-inspect explain resnet50 layer2.0", "a block: shortcut, width, stride"),
        ("resnet-inspect explain resnet34 'stage 2'", "what a stage did"),
        ("resnet-inspect explain resnet50 layer1.0.relu --nth 2", "the second of its calls"),
        ("resnet-inspect explain trace.json stem --format md", "a saved trace; needs no torch"),
    ],
)
@click.argument("model", type=ModelName())
@click.argument("path", type=LayerPath(), default="")
@click.option("--nth", type=click.IntRange(min=1), help="Which call, where a layer runs often.")
@input_options
@output_options
@common_options
def command(model: str, path: str, nth: int | None, **options: Any) -> int:
    """Explain a layer, a block, a stage or all of MODEL with its own numbers.

    PATH is the name that a trace gives: layer2.0.conv2, layer2.0, layer1.0:add; or a part: stem,
    'stage 2', 'block 5', head. Without it, the network. MODEL is a name, a file of yours or a
    saved trace. The formats are table, text, md, json and html.
    """
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.formats.lessons import WIDTH
    from resnet_inspect.views import lessons
    from resnet_inspect.views.cards import subjects

    check_outputs([options["output"]], options["force"])
    format = _format(options)
    survey = Survey(loaded_or_captured(model, options))
    subject = subjects.find(survey, path, nth)
    runs = len(survey.trace.calls_at.get(path, ())) if path else 0
    if runs > 1 and nth is None:
        remark(f"{path} runs {runs} times; this is the first (--nth 2 is the second)")
    width = options["width"] or min(columns_of_terminal() or WIDTH, WIDTH)
    drawn = max(16, min(72, width - 2))
    _write(lessons.lesson(survey, subject, drawn), format, width, options)
    return 0


def _format(options: Mapping[str, Any]) -> str:
    """The format asked for or that of the suffix; raises for one that has cells only."""
    from resnet_inspect import pipeline
    from resnet_inspect.formats.lessons import FORMATS

    chosen: str | None = options["format"]
    if chosen is None and options["output"] not in (None, "-"):
        chosen = pipeline.format_of(Path(options["output"]))
    if chosen not in (None, "table", *FORMATS):
        raise click.UsageError(f"a lesson is no table for {chosen}: {', '.join(FORMATS)}")
    return chosen or "table"


def _write(lesson: Lesson, format: str, width: int, options: Mapping[str, Any]) -> None:
    from resnet_inspect.formats.lessons import FORMATS, lines

    written = FORMATS["text" if format == "table" else format](lesson)
    if options["output"] not in (None, "-"):
        from resnet_inspect.files import write_all

        write_all({Path(options["output"]): written}, overwrite=options["force"])
        remark(f"wrote {options['output']}")
    elif format == "table" and is_coloured(options["color"]):
        from rich.text import Text

        from resnet_inspect.cli.output.console import console
        from resnet_inspect.formats.terminal import STYLES

        out = console()
        for line, kind in lines(lesson, width):
            out.print(Text(line, STYLES.get(kind, "")), soft_wrap=True, highlight=False)
    elif format == "table":
        put("".join(f"{line}\n" for line, _ in lines(lesson, width)))
    else:
        put(written)
