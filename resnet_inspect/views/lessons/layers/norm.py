"""What a normalisation does."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Norm,
)
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def norm(trace: Trace, call: Call, op: Norm) -> Iterator[str | Reading]:
    """A normalisation; of batch normalisation, which numbers it takes."""
    given = trace.spec(call.inputs[0]).shape if call.inputs else ()
    module = None if call.module is None else trace.module_at[call.module]
    if op.kind != "batch":
        over = {
            "group": "groups of channels of one sample",
            "layer": f"{text.integer(op.num_features)} features of one sample",
            "instance": "one channel of one sample",
        }.get(op.kind)
        if over is None:
            yield f"{op.kind.capitalize()} normalisation."
        else:
            yield (
                f"{op.kind.capitalize()} normalisation: mean and variance are taken over {over}, so"
                " that the rest of the batch does not matter."
            )
        return
    yield page.BATCH_NORM
    keeps = module is not None and any(b.name == "running_mean" for b in module.buffers)
    if module is not None and keeps and not module.training:
        yield (
            "Batch normalisation in eval mode: from each channel the mean kept in training is taken"
            " off, the rest is divided by the deviation kept, then scaled and shifted. These"
            " numbers are fixed, so together they are one scale and one shift for each channel."
        )
    elif module is not None and module.training and len(given) > 1:
        sizes = (given[0], *given[2:])
        working = "·".join(map(str, sizes))
        yield (
            "Batch normalisation in training: from each channel its mean is taken off, the rest is"
            f" divided by its deviation, both over the {working} = {text.integer(prod(sizes))}"
            " numbers that the batch has of it, then scaled and shifted."
        )
        if keeps and module.parameters and not any(p.trainable for p in module.parameters):
            yield (
                "Its weights are frozen, and yet each forward pass in training mode changes the"
                " mean and variance that it keeps; .eval() stops that."
            )
    else:
        yield "Batch normalisation: each channel is centred, divided by its deviation, and scaled."
