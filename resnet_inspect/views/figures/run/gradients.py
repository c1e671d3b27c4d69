"""The gradients of the layers of a network over the steps of a run, by heat."""

from __future__ import annotations

from math import ceil, log10

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.traces.run import Run
from resnet_inspect.views.figures.dimensions import MARGIN, WIDTH
from resnet_inspect.views.figures.lettering import SMALL, clipped, width_of
from resnet_inspect.views.figures.shapes import DEGREES, Picture, Rectangle, Shape, Words
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number

_MOST_STEPS = 64
"""Columns of the gradients; of more steps some are left out, evenly."""


def picture(run: Run) -> Picture:
    """The norm of the gradient of each layer's weights at the steps that were measured, by heat.

    A row is a convolution or linear layer, the first on top; the scale is logarithmic and of all
    rows together. Raises `UsageError` where nothing was measured.
    """
    if run.watched is None:
        raise UsageError("no step was measured", hint="train --signals N")
    survey = Survey(run.watched)
    taken = run.signals[:: ceil(len(run.signals) / _MOST_STEPS)]
    steps = [Signal(survey, one) for one in taken]
    layers = steps[0].depth
    norms = [
        [one.weight_gradient_norm(((layer.call, layer.call),)) or None for one in steps]
        for layer in layers
    ]
    known = [norm for row in norms for norm in row if norm]
    if not known:
        raise UsageError("no layer got a gradient")
    ends = min(known), max(known)
    low, high = map(log10, ends)
    names = [clipped(text.visible(layer.path), 30) for layer in layers]
    beside = max(width_of(name, SMALL) for name in names) + 8
    left, top = MARGIN + beside, MARGIN + 20
    cell, tall = max(WIDTH / len(steps), 2.0), 12.0
    shapes: list[Shape] = []
    for place, (name, row) in enumerate(zip(names, norms, strict=True)):
        y = top + place * tall
        shapes.append(Words(left - 8, y + tall - 3, name, "muted", SMALL, "end"))
        for at, norm in enumerate(row):
            tip = f"{name}, step {taken[at].step}: "
            role = "unknown"
            if norm:
                part = (log10(norm) - low) / (high - low) if high > low else 1.0
                role, tip = f"heat {round(part * (DEGREES - 1))}", f"{tip}{number(norm)}"
            else:
                role, tip = "track", f"{tip}none"
            shapes.append(Rectangle(left + at * cell, y, cell, tall - 1, role, tip=tip))
    bottom = top + len(names) * tall
    for at in range(0, len(taken), max(1, ceil(len(taken) / 10))):
        shapes.append(
            Words(left + (at + 0.5) * cell, bottom + 14, str(taken[at].step), "muted", SMALL)
        )
    shapes.append(Words(left + cell * len(steps) / 2, bottom + 32, "step", "muted"))
    shapes.append(Words(left, top - 8, f"{number(ends[0])} (faint) to {number(ends[1])} (strong)",
                        "muted", SMALL, "start"))  # fmt: skip
    width = left + cell * len(steps) + MARGIN
    return Picture(
        "gradients over time", "norm of the gradient of each layer's weights, by step", width,
        bottom + 32 + MARGIN, tuple(shapes),
    )  # fmt: skip
