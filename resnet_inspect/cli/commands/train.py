"""`resnet-inspect train`: train a network, and write down what happens in it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.common import common_options
from resnet_inspect.cli.options.inputs import devices
from resnet_inspect.cli.options.output import format_names
from resnet_inspect.cli.output.printout import write_table
from resnet_inspect.cli.parameters.names import Named, NamedOption
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.cli.parameters.shapes import ImageSize
from resnet_inspect.cli.training import shown
from resnet_inspect.garbage_collection import PROGRAM, let_go
from resnet_inspect.traces.run import LEARNING_RATES, MOMENTUM, SCHEDULES

_RATES = ", ".join(f"{name} {rate:g}" for name, rate in LEARNING_RATES.items())
_RECIPE = (
    "image_size", "epochs", "batch", "optimizer", "learning_rate", "momentum", "weight_decay",
    "schedule", "dropout", "label_smoothing", "augment", "stem", "weights", "freeze", "seed",
    "signals", "amp",
)  # fmt: skip
"""Options that are fields of a recipe."""


@click.command(
    name="train",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect train -o run", "ResNet-20 on handwritten digits: no download, a minute"),
        ("resnet-inspect train resnet18 --data cifar10:DIR --stem cifar -o run", "small images"),
        ("resnet-inspect train resnet18 --weights FILE --data folder:DIR --freeze 'stem,stage 1-3'"
         " --unfreeze 'stage 3' --at-epoch 3 -o run", "a new head, then more of it"),
        ("resnet-inspect train --resume run", "from the end of its last epoch"),
        ("resnet-inspect report run -o run.html", "curves, confusions, gradients by layer"),
    ],
)  # fmt: skip
@click.argument("model", type=ModelName(), required=False)
@click.option("-o", "--output", type=click.Path(), metavar="RUN", help="The folder to write.")
@click.option("--resume", type=click.Path(), metavar="RUN", help="Go on with a run.")
@click.option(
    "--data",
    metavar="DATA",
    help="digits (default), cifar10:DIR, cifar100:DIR, mnist:DIR, fashion_mnist:DIR, or folder:DIR "
    "with a folder for each class.",
)
@click.option("--download", is_flag=True, help="Download the data set into DIR if it is not there.")
@click.option("--image-size", type=ImageSize(), help="Scale images to 32, or 256x192.")
@click.option("--epochs", type=int, help="Times that all images are seen.  [default: 10]")
@click.option("--batch", type=int, help="Images of a step.  [default: 64]")
@click.option("--optimizer", metavar="NAME", help=f"{', '.join(LEARNING_RATES)}.  [default: sgd]")
@click.option("--lr", "learning_rate", type=float, help=f"Learning rate.  [default: {_RATES}]")
@click.option(
    "--momentum",
    type=float,
    help=f"Of {' and '.join(MOMENTUM)}.  "
    f"[default: {', '.join(f'{name} {value:g}' for name, value in MOMENTUM.items())}]",
)
@click.option("--weight-decay", type=float, help="Of all parameters.  [default: 0.0005]")
@click.option(
    "--schedule", metavar="NAME", help=f"{', '.join(SCHEDULES)}, by epochs.  [default: cosine]"
)
@click.option("--dropout", type=float, metavar="P", help="Before the classifier.")
@click.option("--label-smoothing", type=float, metavar="P", help="Of the loss trained on.")
@click.option(
    "--augment", is_flag=True, default=None, help="Move images, and mirror them if that may be."
)
@click.option("--stem", metavar="cifar", help="A stem for small images: no stride, no pool.")
@click.option("--weights", type=click.Path(), metavar="FILE", help="Weights to begin with.")
@click.option("--freeze", metavar="PARTS", help="Parts that are not trained: 'stem,stage 1-3'.")
@click.option("--unfreeze", metavar="PARTS", multiple=True, help="Of these, what is trained ...")
@click.option("--at-epoch", metavar="N", type=int, multiple=True, help="... from an epoch on.")
@click.option("--seed", type=int, help="Of weights, order, augmentation, dropout.  [default: 0]")
@click.option(
    "--signals", type=int, metavar="N", help="Measure what flows at every N-th step; 0 at none."
    "  [default: once an epoch]",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Argument of the builder."
)
@click.option(
    "--amp", is_flag=True, default=None, help="Compute in bfloat16 where that is precise enough."
)
@click.option("--device", default="auto", help=devices("auto", ": the fastest", ("meta",)))
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=1,
    help="GPUs of a machine, or processes on CPUs.",
)
@click.option("--nodes", type=click.IntRange(min=1), default=1, help="Machines.")
@click.option("--workers", type=click.IntRange(min=0), help="Processes that read images.")
@click.option(
    "--format",
    cls=NamedOption,
    type=Named("format", format_names, usual="table"),
    default="table",
    help="Of the epochs on stdout: {names}.",
)
@common_options
def command(model: str | None, **options: Any) -> int:
    """Train MODEL on images and write down what happens in every layer.

    The folder RUN gets the trace, metrics of each epoch, signals of chosen steps, the best and
    the last weights, and the state to go on from. Images are taken in their size, and the head is
    fitted to their classes. Needs `pip install 'resnet-inspect[lab]'`.
    """
    from resnet_inspect.pipeline.files import is_run
    from resnet_inspect.pipeline.lab.folder import is_further_process
    from resnet_inspect.pipeline.lab.training import resume, train
    from resnet_inspect.views.tables import run as tables

    machine = {name: options[name] for name in ("device", "devices", "nodes", "workers")}
    recipe = _recipe(options)
    let_go(PROGRAM)  # a training goes on for longer than other commands
    with shown() as tell:
        if options["resume"]:
            others = [name for name in recipe if name != "epochs"]
            if model or others or options["data"] or options["output"]:
                raise click.UsageError("a run goes on with its own recipe: --resume RUN alone")
            run = resume(options["resume"], epochs=options["epochs"], **machine, **tell)
        else:
            if model is not None and is_run(model):
                raise click.UsageError(f"{model} is a run: --resume {shlex.quote(model)} goes on")
            if options["output"] is None:
                raise click.UsageError("where is the run to be written?  -o RUN")
            run = train(
                model,
                options["data"] or "digits",
                options["output"],
                download=options["download"],
                overwrite=options["force"],
                command=["resnet-inspect", *sys.argv[1:]],
                **machine,
                **tell,
                **recipe,
            )
    if is_further_process():
        return 0
    folder = options["resume"] or options["output"]
    table = tables.epochs(run)
    write_table(table, options["format"], None, {"width": None, "color": "auto"})
    page = f"{Path(folder).resolve().name}.html"
    remark(f"wrote {folder}: `{shlex.join(['resnet-inspect', 'report', folder, '-o', page])}`")
    return 0


def _recipe(options: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, by the fields of a recipe; nothing of what was not."""
    if len(options["unfreeze"]) != len(options["at_epoch"]):
        raise click.UsageError("each --unfreeze has its --at-epoch")
    given = {name: value for name in _RECIPE if (value := options[name]) is not None}
    if options["settings"]:
        given["arguments"] = read_settings(options["settings"])
    if options["unfreeze"]:
        given["unfreeze"] = tuple(zip(options["unfreeze"], options["at_epoch"], strict=True))
    return given
