"""Options for what goes into a network and where it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from resnet_inspect.capture.backends import written
from resnet_inspect.cli.options.common import F, with_options
from resnet_inspect.cli.parameters.shapes import ImageSize, Input


def devices(default: str, reason: str = "", without: Sequence[str] = ()) -> str:
    """For the help: every device that can be named, the one that is taken unasked first."""
    others = (name for name in written() if name != default and name not in without)
    return f"{default} (default{reason}), {', '.join(others)}."


INPUT_OPTIONS = (
    "inputs", "image_size", "batch", "channels", "dtype", "device", "train", "settings",
    "weights", "call",
)  # fmt: skip
"""Names of the options that `input_options` adds."""


def input_options(command: F) -> F:
    """Options for what goes into the network and where it runs."""
    return input_options_but()(command)


def input_options_but(*left_out: str) -> Callable[[F], F]:
    """The input options without some, where a command has options of its own for these."""
    options = [
        click.option(
            "--input",
            "inputs",
            type=Input(),
            multiple=True,
            metavar="[NAME=]SHAPE[:DTYPE]",
            help="Whole input shape, batch first: 1,3,224,224. Once for each input of the forward; "
            "with the name of a keyword, with a type: mask=1,1,224,224:bool. A list of tensors is "
            "one input: 3,224,224+3,200,300; of one tensor 3,224,224+.",
        ),
        click.option(
            "--image-size", type=ImageSize(), help="Image size: 224, or 256x192 (height x width)."
        ),
        click.option("--batch", type=int, help="Batch size."),
        click.option("--channels", type=int, help="Input channels."),
        click.option(
            "--dtype", help="Element type of input and weights: float32, bf16, fp16, float64."
        ),
        click.option("--device", help=devices("meta", ": no weight takes memory")),
        click.option("--train", is_flag=True, help="Run in training mode."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            help="Argument of the builder, as a Python literal: num_classes=10.",
        ),
        click.option(
            "--weights",
            type=click.Path(),
            metavar="FILE",
            help="Weights, which must fit; on meta only their shapes are read.",
        ),
        click.option(
            "--call", metavar="METHOD", help="Run another method than forward: forward_features."
        ),
    ]
    chosen = [o for name, o in zip(INPUT_OPTIONS, options, strict=True) if name not in left_out]
    if "no_cache" not in left_out:
        chosen.append(
            click.option(
                "--no-cache",
                is_flag=True,
                help="Run it, also if its trace is in the cache; keep none.",
            )
        )
    return lambda command: with_options(chosen, command)
