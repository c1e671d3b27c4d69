"""`resnet-inspect cache`: the traces that are kept so that torch need not be imported."""

from __future__ import annotations

import click

from resnet_inspect.cli.diagnostics import put, remark
from resnet_inspect.cli.help import HELP, Documented


@click.command(
    name="cache",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect cache path", "the folder"),
        ("resnet-inspect cache clear", "remove every trace in it"),
    ],
)
@click.argument("action", type=click.Choice(["path", "clear"]))
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(action: str, debug: bool) -> int:
    """Say where traces are kept, or remove them.

    The trace of a named network on meta is kept, so that the next time neither torch nor
    torchvision is imported; it is used only with the same versions and arguments. Your own code is
    never kept, nor what ran on another device. --no-cache or RESNET_INSPECT_NO_CACHE=1 does without
    it, RESNET_INSPECT_CACHE_DIR says where it is. It takes at most 64 MiB.
    """
    from resnet_inspect import cache

    if action == "path":
        put(f"{cache.folder()}\n")
    else:
        count, size = cache.clear()
        remark(f"removed {count:,} {'trace' if count == 1 else 'traces'}, {size / 2**20:.1f} MiB")
    return 0
