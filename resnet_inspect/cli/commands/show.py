"""`resnet-inspect show`: print a saved trace."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import convention_option, selection_options
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import say_if_nothing_matches
from resnet_inspect.cli.output.views import table_of
from resnet_inspect.cli.tracing import say_why_it_ends


@click.command(
    name="show",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect show trace.json", "as `trace` printed it"),
        ("resnet-inspect show trace.json --view blocks --format html -o t.html", "as a page"),
    ],
)
@click.argument("file", type=click.Path())
@selection_options
@convention_option
@output_options
@common_options
def command(file: str, **options: Any) -> int:
    """Print a trace that was saved, with every view and format. Needs no torch.

    Of signals it shows the last step, as `signal` does. Of a trace that ends where the forward pass
    raised, stderr says why; that is no failure of this command.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.sources.catalogue import NAMED

    if file in NAMED and not Path(file).exists():
        raise click.UsageError(f"`resnet-inspect trace {file}` traces a model by name")
    check_outputs([options["output"]], options["force"])
    saved = pipeline.load_saved(file)
    table = table_of(saved, options)
    say_if_nothing_matches(table, options)
    print_table(table, options)
    say_why_it_ends(saved.trace)
    if saved.measured is not None:
        remark(f"`resnet-inspect measure {shlex.quote(file)}` shows how long it took")
    return 0
