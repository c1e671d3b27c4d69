"""`resnet-inspect taps`: the feature maps that a decoder or detector would take."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.diagnostics import put
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.numbers import Numbers
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.cli.tracing import loaded_or_captured


@click.command(
    name="taps",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect taps resnet50", "the last layer of every stride"),
        ("resnet-inspect taps resnet34 --decoder unet", "what a U-Net's decoder takes in"),
        ("resnet-inspect taps resnet50 --decoder fpn", "what a feature pyramid takes in"),
        ("resnet-inspect taps resnet34 --image-size 225", "a size that does not divide"),
        ("resnet-inspect taps resnet50 --python > features.py", "code that takes them"),
    ],
)
@click.argument("model", type=ModelName())
@input_options
@click.option(
    "--decoder", type=click.Choice(["unet", "fpn"]), help="The channel plan of a decoder."
)
@click.option(
    "--decoder-channels",
    type=Numbers(),
    help="Channels that a U-Net's steps give, the deepest first; that all of an FPN's maps have. "
    " [256,128,64,32,16; 256]",
)
@click.option("--python", is_flag=True, help="Python that takes these maps.")
@output_options
@common_options
def command(model: str, **options: Any) -> int:
    """List the feature maps of MODEL that a U-Net, an FPN or a detector would take.

    For every stride the last layer of that stride: its channels, its size for this input, its
    receptive field; then the maps of a decoder or FPN that is in the network. Names the layer for
    Grad-CAM, and says when the input size does not divide by the strides. MODEL is a name, a file
    of yours or a saved trace.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.analysis.taps.decoders import UNET_CHANNELS
    from resnet_inspect.views.tables import taps

    decoder, channels = options["decoder"], options["decoder_channels"]
    if channels and not decoder:
        raise click.UsageError("--decoder-channels needs --decoder unet or fpn")
    if channels and decoder == "fpn" and len(channels) > 1:
        raise click.UsageError("all maps of an FPN have the same channels: give one number")
    if options["python"] and (decoder or options["format"] or options["output"]):
        raise click.UsageError("--python prints code: leave out the options for tables")
    check_outputs([options["output"]], options["force"])
    survey = Survey(loaded_or_captured(model, options))
    if options["python"]:
        with streams_aside():
            written = pipeline.features(survey, run_code=not pipeline.is_trace_file(model))
        put(written)
    elif decoder == "fpn":
        print_table(taps.fpn(survey, *channels or ()), options)
    elif decoder:
        print_table(taps.unet(survey, channels or UNET_CHANNELS), options)
    else:
        print_table(taps.view(survey), options)
    return 0
