"""`resnet-inspect taps`: the feature maps that a decoder or detector would take."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.diagnostics import put
from resnet_inspect.cli.options import (
    HELP,
    Documented,
    common_options,
    input_options,
    output_options,
)
from resnet_inspect.cli.output import check_outputs, print_table
from resnet_inspect.cli.parameters import ModelName, Numbers
from resnet_inspect.cli.tracing import loaded_or_captured


@click.command(
    name="taps",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect taps resnet50", "the last layer of every stride"),
        ("resnet-inspect taps resnet34 --decoder unet", "what a U-Net's decoder takes in"),
        ("resnet-inspect taps resnet34 --image-size 225", "a size that does not divide"),
        ("resnet-inspect taps resnet50 --python > features.py", "code that takes them"),
    ],
)
@click.argument("model", type=ModelName())
@input_options
@click.option("--decoder", type=click.Choice(["unet"]), help="The channel plan of a decoder.")
@click.option(
    "--decoder-channels",
    type=Numbers(),
    help="Output channels of the decoder's steps, the deepest first.  [256,128,64,32,16]",
)
@click.option("--python", is_flag=True, help="Python that takes these maps.")
@output_options
@common_options
def command(model: str, **options: Any) -> int:
    """List the feature maps of MODEL that a U-Net, an FPN or a detector would take.

    For every stride the last layer of that stride: its channels, its size for this input, its
    receptive field. Says when the input size does not divide by the strides. MODEL is a name, a
    file of yours or a saved trace.
    """
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.analysis.taps import UNET_CHANNELS
    from resnet_inspect.views.tables import taps

    if options["decoder_channels"] and not options["decoder"]:
        raise click.UsageError("--decoder-channels needs --decoder unet")
    if options["python"] and (options["decoder"] or options["format"] or options["output"]):
        raise click.UsageError("--python prints code: leave out the options for tables")
    check_outputs([options["output"]], options["force"])
    survey = Survey(loaded_or_captured(model, options))
    if options["python"]:
        put(taps.extractor(survey))
    elif options["decoder"]:
        channels = options["decoder_channels"] or UNET_CHANNELS
        print_table(taps.decoder(survey, channels), options)
    else:
        print_table(taps.view(survey), options)
    return 0
