"""`resnet-inspect list`: the networks that have a name."""

from __future__ import annotations

import click

from resnet_inspect.cli.options import HELP, Documented, Named, format_names
from resnet_inspect.cli.printing import write_table


@click.command(
    name="list",
    cls=Documented,
    context_settings=HELP,
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
def command(globs: tuple[str, ...], format: str, debug: bool) -> int:
    """List the models that can be traced by name: block, depth, parameters, GMACs, input."""
    from resnet_inspect.errors import UnknownName
    from resnet_inspect.sources.catalogue import VARIANTS, names
    from resnet_inspect.views.variants import table

    chosen = names(globs)
    if not chosen:
        raise UnknownName("model", " ".join(globs), VARIANTS, see="`resnet-inspect list` shows all")
    shown = table([VARIANTS[name] for name in chosen])
    write_table(shown, format, None, {"width": None, "color": "auto", "force": False})
    return 0
