"""`resnet-inspect list`: the networks that have a name."""

from __future__ import annotations

import click

from resnet_inspect.cli.options import HELP, Documented, format_names
from resnet_inspect.cli.output import write_table
from resnet_inspect.cli.parameters import Named, NamedOption


@click.command(
    name="list",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect list", "every model"),
        ("resnet-inspect list 'resnet*' 'wide*'", "those that a glob matches"),
        ("resnet-inspect list 'timm:*resnet*'", "those of timm, where it is installed"),
        ("resnet-inspect list --format json", "for programs"),
    ],
)
@click.argument("globs", nargs=-1)
@click.option(
    "--format",
    "format",
    cls=NamedOption,
    type=Named("format", format_names),
    default="table",
    show_default=True,
    help="{names}.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(globs: tuple[str, ...], format: str, debug: bool) -> int:
    """List the models that can be traced by name: block, depth, parameters, GMACs, input."""
    from resnet_inspect.sources import listed
    from resnet_inspect.views.tables.variants import table

    shown = table(listed(globs))
    write_table(shown, format, None, {"width": None, "color": "auto", "force": False})
    return 0
