"""`resnet-inspect cost`: what a network needs to run and to be trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import input_options_but
from resnet_inspect.cli.options.output import output_options
from resnet_inspect.cli.options.selection import columns_option, meanings
from resnet_inspect.cli.output.printout import check_outputs, print_table
from resnet_inspect.cli.output.selection import columns_of
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.numbers import Numbers, Quantity
from resnet_inspect.cli.parameters.shapes import ImageSizes
from resnet_inspect.cli.tracing import capture, loaded_or_captured

if TYPE_CHECKING:
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.tables.cost.figures import Candidate


def _columns() -> Mapping[str, str]:
    from resnet_inspect.views.tables.cost.headings import HEADINGS

    return meanings(HEADINGS.values())


@click.command(
    name="cost",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect cost resnet50 --optimizer adam", "one sample, trained with Adam"),
        ("resnet-inspect cost resnet50 --memory 16GiB", "the largest batch that fits"),
        ("resnet-inspect cost resnet50 --image-size 160,224,288 --batch 1,8,32", "side by side"),
        ("resnet-inspect cost resnet18 resnet34 resnet50", "networks side by side"),
        ("resnet-inspect cost resnet50 --vary width_per_group=32,64,128", "what width costs"),
        ("resnet-inspect cost resnet50 --freeze 'stem,stage 1-3'", "what fine-tuning would take"),
        ("resnet-inspect cost resnet50 --roofline 10T,100G", "which layers wait for memory"),
    ],
)
@click.argument("models", type=ModelName(), nargs=-1, required=True)
@input_options_but("image_size", "batch")
@click.option("--image-size", "image_sizes", type=ImageSizes(), help="Sizes: 160,224,256x192.")
@click.option("--batch", "batches", type=Numbers(), help="Batch sizes: 1,8,32.")
@click.option(
    "--vary",
    "varied",
    multiple=True,
    metavar="NAME=A,B,...",
    help="Values of an argument of the builder, one network for each.",
)
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "momentum", "adam", "adamw"]),
    default="sgd",
    show_default=True,
    help="What training keeps for each weight: nothing, one number, two.",
)
@click.option(
    "--freeze",
    metavar="PARTS",
    help="Parts that are not trained: 'stem,stage 1-3', head, layer1.0.",
)
@click.option("--memory", type=Quantity(), help="Memory to fill: 16GiB, 24G.")
@click.option(
    "--roofline",
    type=Quantity(2),
    metavar="PEAK,BANDWIDTH",
    help="FLOP/s and bytes/s of a device: the bound of each layer.",
)
@columns_option(_columns)
@click.option("--sort", metavar="KEY", help="Largest first by this column; names from A to Z.")
@output_options
@common_options
def command(models: tuple[str, ...], **options: Any) -> int:
    """Say what MODELS need: parameters, MACs, memory to run and to train.

    Memory is that of a model which the table states: weights, gradients, what the optimizer keeps,
    and what autograd saves. Several models, sizes, batches and arguments give one row each; one
    network is read downwards (csv and json have a row for it all the same).
    """
    from resnet_inspect.analysis.cost.roofline import Device
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.tables import cost
    from resnet_inspect.views.tables.cost import roofline
    from resnet_inspect.views.tables.cost.headings import check_keys, shown

    check_outputs([options["output"]], options["force"])
    if options["roofline"]:
        if len(models) > 1 or options["varied"]:
            raise click.UsageError("--roofline takes one network")
        sizes, batches = options["image_sizes"] or (None,), options["batches"] or (None,)
        if len(sizes) > 1 or len(batches) > 1:
            raise click.UsageError("--roofline takes one image size and one batch")
        one = {**options, "image_size": sizes[0], "batch": batches[0]}
        survey = Survey(loaded_or_captured(models[0], one))
        print_table(roofline.view(survey, Device(*options["roofline"])), options)
        return 0
    check_keys([*columns_of(options["columns"], ()), *filter(None, [options["sort"]])])
    candidates = list(_candidates(models, options))
    (available,) = options["memory"] or (None,)
    available = None if available is None else int(available)
    if len(candidates) == 1 and _format(options) not in {"csv", "json"}:
        columns = columns_of(options["columns"], shown(1, available)[2:])
        table = cost.downwards(candidates[0], [options["optimizer"]], available, columns)
    else:
        columns = columns_of(options["columns"], shown(len(candidates), available))
        table = cost.view(candidates, options["optimizer"], available, columns, options["sort"])
    print_table(table, options)
    return 0


def _candidates(models: Iterable[str], options: Mapping[str, Any]) -> Iterator[Candidate]:
    """One traced network for each combination of what is varied."""
    from resnet_inspect import pipeline
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.tables.cost.figures import Candidate

    varied = [_values(written) for written in options["varied"]]
    for model in models:
        combinations = product(
            options["image_sizes"] or (None,), options["batches"] or (None,), *varied
        )
        for size, batch, *settings in combinations:
            own = {
                **options,
                "image_size": size,
                "batch": batch,
                "settings": (*options["settings"], *settings),
            }
            if pipeline.is_trace_file(model):
                captured = loaded_or_captured(model, own)
            else:
                captured = capture(model, own)
            yield Candidate.of(_frozen(Survey(captured), options["freeze"]))


def _frozen(survey: Survey, written: str | None) -> Survey:
    from resnet_inspect.analysis.structure import freezing
    from resnet_inspect.analysis.structure.survey import Survey

    if written is None:
        return survey
    return Survey(freezing.frozen(survey.trace, freezing.parameters_of(survey, written)))


def _format(options: Mapping[str, Any]) -> str | None:
    """The format asked for, or that of the file's suffix."""
    from resnet_inspect import pipeline

    if options["format"] is None and options["output"] not in (None, "-"):
        return pipeline.format_of(Path(options["output"]))
    return options["format"]  # type: ignore[no-any-return]


def _values(written: str) -> list[str]:
    """NAME=A, NAME=B, ... from NAME=A,B,...; commas within brackets and quotes stay."""
    name, _, values = written.partition("=")
    parts, depth = [""], 0
    for character in values:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    found = [f"{name}={part.strip()}" for part in parts]
    read_settings(found)
    return found
