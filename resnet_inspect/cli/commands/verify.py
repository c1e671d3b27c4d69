"""`resnet-inspect verify`: second opinions on a network's figures."""

from __future__ import annotations

from typing import Any

import click

from resnet_inspect.cli.diagnostics import Progress
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options_but
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import convention_option
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.cli.tracing import input_of


@click.command(
    name="verify",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect verify resnet50", "against torch, torchinfo, the published table"),
        ("resnet-inspect verify model.py:ResNet18 --input 1,3,32,32", "a network of yours"),
        ("resnet-inspect verify model.py:ResNet34 --against resnet34", "is it torchvision's?"),
    ],
)
@click.argument("model", type=ModelName())
@input_options_but("dtype", "train", "weights", "no_cache")
@click.option(
    "--against", type=ModelName(), metavar="OTHER", help="Does it compute what OTHER does?"
)
@convention_option
@output_options
@common_options
def command(model: str, **options: Any) -> int:
    """Ask others for MODEL's parameters, MACs and output shapes.

    What differs is explained. Others are torch itself, torchinfo, torch's FlopCounterMode, a real
    forward pass and published figures where there are any. With --against: do both networks compute
    the same on this input, with the weights of OTHER in MODEL, however they are written? If not,
    where do they part first?

    Exit code 1 if a difference is not explained, and if OTHER does not compute the same or cannot
    be compared. A row without an opinion of theirs, or with a part of ours alone, counts for
    neither.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.conventions import verdict
    from resnet_inspect.views.tables import checks

    check_outputs([options["output"]], options["force"])
    size = input_of(model, options)
    settings = read_settings(options["settings"])
    equivalence = None
    with Progress() as progress, streams_aside():
        given: dict[str, Any] = {
            "device": options["device"], "arguments": settings, "tell": progress.tell,
            "call": options["call"] or "forward",
        }  # fmt: skip
        survey, found = pipeline.verify(model, size, **given)
        if options["count_as"]:
            found = (*found, verdict(survey, options["count_as"]))
        if options["against"]:
            equivalence = pipeline.equivalence_of(model, options["against"], size, **given)
    print_table(checks.view(survey, found, equivalence), options)
    if equivalence is not None and not equivalence.same:
        return 1
    return 0 if all(one.sound for one in found) else 1
