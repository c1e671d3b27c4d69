"""`resnet-inspect attribute`: which parts of images a score rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import Progress, put, remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import devices, input_options_but
from resnet_inspect.cli.options.output import text_options
from resnet_inspect.cli.output.terminal import columns_of_terminal, is_coloured
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.numbers import Decimals
from resnet_inspect.cli.parameters.shapes import Position
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.cli.tracing import input_of
from resnet_inspect.traces.attribution import METHODS, Attribution, Settings

_USUAL = Settings()
_SETTINGS = ("steps", "window", "regions", "samples", "seed")


@click.command(
    name="attribute",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect attribute resnet50 cat.jpg --weights FILE", "Grad-CAM, in the terminal"),
        ("resnet-inspect attribute run cat.jpg", "what a trained network looks at"),
        ("resnet-inspect attribute resnet50 a.png b.png --weights FILE --method gradcam"
         " --method occlusion -o seen.html", "two methods beside each other"),
        ("resnet-inspect attribute resnet50 cat.jpg --weights FILE --class 281 --layer layer3",
         "another class, an earlier layer"),
        ("resnet-inspect attribute resnet18 cat.jpg --weights FILE --layer layer2 --position 3,20"
         " -o field.png", "what one position sees"),
    ],
)  # fmt: skip
@click.argument("model", type=ModelName())
@click.argument("images", type=click.Path(), metavar="IMAGE...", nargs=-1, required=True)
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="NAME",
    help=f"{', '.join(METHODS)}; several may be given.  [default: gradcam]",
)
@click.option(
    "--class",
    "target",
    metavar="N",
    help="The class, from 0, or its name in a run.  [default: the highest]",
)
@click.option(
    "--layer",
    metavar="PATH",
    help="Of Grad-CAM and the receptive field.  [default: as `taps` says]",
)
@click.option(
    "--position",
    type=Position(),
    metavar="Y,X",
    help="Of that layer's map, to see its receptive field.  [default: where Grad-CAM is highest]",
)
@click.option(
    "--mean", type=Decimals(), help="By channel, from 0 to 1.  [default: the run's, or ImageNet's]"
)
@click.option("--std", type=Decimals(), help="Standard deviations, likewise.")
@click.option("--steps", type=int, help=f"Of integrated gradients.  [default: {_USUAL.steps}]")
@click.option(
    "--window", type=int, help="Side of what is occluded, in pixels.  [default: an eighth]"
)
@click.option(
    "--regions",
    type=int,
    help=f"Rows and columns of regions for Shapley values.  [default: {_USUAL.regions}]",
)
@click.option("--samples", type=int, help=f"Orders of these.  [default: {_USUAL.samples}]")
@click.option("--seed", type=int, help=f"Of these orders.  [default: {_USUAL.seed}]")
@input_options_but("inputs", "batch", "device", "train", "call", "no_cache")
@click.option("--device", help=devices("cpu", without=("meta",)))
@click.option(
    "--format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="Of stdout.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Write to .html, .png or .json; or into a folder, a page and pictures.",
)
@text_options
@common_options
def command(model: str, images: tuple[str, ...], **options: Any) -> int:
    """Show which parts of each IMAGE a score of MODEL rests on.

    MODEL may be the folder of a run: its network and best weights, its classes, its images' size
    and normalisation. The same is taken from the run where --weights are RUN/best.safetensors.

    Grad-CAM, integrated gradients, occlusion or Shapley values by Captum; the receptive field of
    one position, in theory and in effect; and the weights of attention gates. Needs `pip install
    'resnet-inspect[lab]'`.
    """
    from resnet_inspect.files import refuse_existing
    from resnet_inspect.formats.attributions import files
    from resnet_inspect.pipeline.files import is_run
    from resnet_inspect.pipeline.lab.attribution import attribute

    output = options["output"]
    if output is not None:
        places = files(Path(output), list(images))
        if not options["force"]:
            refuse_existing(places)
    size = input_of(None if is_run(model) else model, {**options, "inputs": (), "batch": None})
    with Progress() as progress, streams_aside():
        found = attribute(
            model,
            images,
            options["methods"] or "gradcam",
            target=options["target"],
            layer=options["layer"],
            position=options["position"],
            input_size=size,
            mean=options["mean"],
            std=options["std"],
            weights=options["weights"],
            arguments=read_settings(options["settings"]),
            device=options["device"],
            dtype=options["dtype"],
            tell=progress.tell,
            **{name: options[name] for name in _SETTINGS if options[name] is not None},
        )
    if output is not None:
        written = found.save(output, overwrite=options["force"])
        for note in found.attribution.notes:
            remark(note)
        remark(f"wrote {', '.join(map(str, written))}")
    elif options["format"] == "json":
        put(found.to_json())
    elif options["format"] == "html":
        put(found.to_html())
    else:
        _print(found.attribution, options["width"], options["color"])
    return 0


def _print(found: Attribution, width: int | None, color: str) -> None:
    """In characters; in colours where the terminal has them."""
    from resnet_inspect.formats.attributions import text

    width = width or columns_of_terminal() or 100
    if not is_coloured(color):
        put(text.render(found, width))
        return
    from rich.style import Style
    from rich.text import Text

    from resnet_inspect.cli.output.console import console
    from resnet_inspect.escaping import visible_lines

    out = console()
    for line in text.lines(found, width, coloured=True):
        written = Text()
        for piece in line:
            style = Style(color=_colour(piece.colour), bgcolor=_colour(piece.ground))
            written.append(visible_lines(piece.text), style)
        out.print(written)


def _colour(of: tuple[int, int, int] | None) -> str | None:
    return None if of is None else f"rgb({of[0]},{of[1]},{of[2]})"
