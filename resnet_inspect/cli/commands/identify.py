"""`resnet-inspect identify`: which network a file of weights is of."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.diagnostics import Progress, put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.parameters.networks import ModelName
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
        ("resnet-inspect identify best.pth --python > load.py", "the code that loads it"),
        ("resnet-inspect identify best.pth --convert net.safetensors", "under the usual names"),
        ("resnet-inspect identify two.pth --under encoder_k", "of two networks, this one"),
        ("resnet-inspect trace --weights best.pth", "then every layer of it"),
    ],
)
@click.argument("file", type=click.Path())
@click.option("--against", type=ModelName(), metavar="MODEL", help="Compare with this network.")
@click.option("--under", metavar="NAME", help="Only what lies under this key or prefix of names.")
@click.option("--python", is_flag=True, help="Python that loads the weights into the network.")
@click.option(
    "--convert",
    type=click.Path(),
    metavar="OUT.safetensors",
    help="Write what fits the network under the network's own names.",
)
@click.option(
    "--view",
    type=click.Choice(["candidates", "differences", "tensors"]),
    default="candidates",
    show_default=True,
    help="Networks ranked; or, for the best, the tensors that do not match, or all of them.",
)
@output_options
@common_options
def command(file: str, against: str | None, under: str | None, **options: Any) -> int:
    """Say which network the weights in FILE are of.

    FILE is a PyTorch file (.pth, .pt, .ckpt, .bin), safetensors, or the index of several. Only
    names, types and shapes are read, and nothing in the file is run: classes and functions that it
    names beside weights are listed, not looked up. Prefixes such as module. are found, and other
    names by their order; weights may lie under a key such as state_dict.

    MODEL is a name that `resnet-inspect list` shows, or your own code, which is run.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.views.tables import identity

    converted, view = options["convert"], options["view"]
    if (options["python"] or converted) and (options["format"] or options["output"]):
        raise click.UsageError("--python and --convert write no table: leave out its options")
    if converted and not converted.endswith(".safetensors"):
        raise click.UsageError(f"--convert writes safetensors: {converted}.safetensors")
    check_outputs([options["output"], converted], options["force"])
    with Progress() as progress, streams_aside():
        weights = pipeline.checkpoint_of(file, progress.tell, under)
        found = pipeline.identified(weights, against, progress.tell)
        if converted:
            progress.tell("converting")
            done = pipeline.convert(weights, found, converted, overwrite=options["force"])
    if converted:
        remark(done)
    if options["python"]:
        put(pipeline.loading(found, converted))
    elif converted:
        pass
    elif view == "candidates":
        print_table(identity.candidates(found), options)
    else:
        print_table(identity.tensors(found, only_differences=view == "differences"), options)
    return 0
