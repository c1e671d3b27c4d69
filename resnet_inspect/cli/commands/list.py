"""`resnet-inspect list`: the networks that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import columns_option, meanings
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import columns_of


def _columns() -> Mapping[str, str]:
    from resnet_inspect.views.tables.variants import HEADINGS

    return meanings(HEADINGS)


@click.command(
    name="list",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect list", "every model"),
        ("resnet-inspect list 'resnet*' 'wide*'", "those that a glob matches"),
        ("resnet-inspect list 'timm:*resnet*'", "those of timm, where it is installed"),
        ("resnet-inspect list --columns name,parameters -o variants.md", "some columns, to a file"),
    ],
)
@click.argument("globs", nargs=-1)
@columns_option(_columns)
@output_options
@common_options
def command(globs: tuple[str, ...], **options: Any) -> int:
    """List the models that can be traced by name: block, depth, parameters, GMACs, input."""
    from resnet_inspect.sources import listed
    from resnet_inspect.views.tables.variants import SHOWN, check_keys, table

    check_outputs([options["output"]], options["force"])
    columns = columns_of(options["columns"], SHOWN)
    check_keys(columns)
    print_table(table(listed(globs), columns or SHOWN), options)
    return 0
