"""`resnet-inspect identify`: which network a file of weights is of."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.diagnostics import Progress
from resnet_inspect.cli.options import HELP, Documented, common_options, output_options
from resnet_inspect.cli.output import check_outputs, print_table
from resnet_inspect.cli.parameters import ModelName
from resnet_inspect.cli.streams import streams_aside


@click.command(
    name="identify",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect identify best.pth", "the networks that it may be of, ranked"),
        ("resnet-inspect identify best.pth --view differences", "the tensors that do not fit"),
        ("resnet-inspect identify best.pth --against resnet50", "compared with this one"),
        ("resnet-inspect identify model.safetensors.index.json", "weights in several files"),
        ("resnet-inspect trace --weights best.pth", "then every layer of it"),
    ],
)
@click.argument("file", type=click.Path())
@click.option("--against", type=ModelName(), metavar="MODEL", help="Compare with this network.")
@click.option(
    "--view",
    type=click.Choice(["candidates", "differences", "tensors"]),
    default="candidates",
    show_default=True,
    help="Networks ranked; or, for the best, the tensors that do not match, or all of them.",
)
@output_options
@common_options
def command(file: str, against: str | None, view: str, **options: Any) -> int:
    """Say which network the weights in FILE are of.

    FILE is a PyTorch file (.pth, .pt, .ckpt, .bin), safetensors, or the index of several. Only
    names, types and shapes are read, and nothing in the file is run: a file that would run code is
    not opened. Prefixes such as module. are found; weights may lie under a key such as state_dict.

    MODEL is a name that `resnet-inspect list` shows, or your own code, which is run.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.views.tables import identity

    check_outputs([options["output"]], options["force"])
    with Progress() as progress, streams_aside():
        found = pipeline.identify(file, against, progress.tell)
    if view == "candidates":
        print_table(identity.candidates(found), options)
    else:
        print_table(identity.tensors(found, only_differences=view == "differences"), options)
    return 0
