"""`resnet-inspect report`: what a training came to."""

from __future__ import annotations

from pathlib import Path

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.output.printout import check_outputs


@click.command(
    name="report",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect report run -o run.html", "one page"),
        ("resnet-inspect report run -o run.md", "Markdown, its pictures beside it"),
    ],
)
@click.argument("run", type=click.Path(), metavar="RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    required=True,
    metavar="FILE",
    help="The file to write: .html, or .md with pictures beside it.",
)
@common_options
def command(run: str, output: str, force: bool, debug: bool) -> int:
    """Say what a training came to: curves, confusions, gradients, frozen parts, costs.

    RUN is the folder that `resnet-inspect train` has written, or is writing. torch is not needed.
    """
    from resnet_inspect.files import write_all
    from resnet_inspect.formats.report import write
    from resnet_inspect.pipeline.run import load_run
    from resnet_inspect.views.report import report

    check_outputs([output], force)
    written = write(report(load_run(run)), Path(output))
    write_all(written, overwrite=force)
    remark(f"wrote {', '.join(map(str, written))}")
    return 0
