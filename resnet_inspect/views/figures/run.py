"""Pictures of a run: its curves, its confusions, and the gradients of its layers over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log10

from resnet_inspect.analysis.signals import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UsageError
from resnet_inspect.traces.run import Confusion, Run
from resnet_inspect.views.figures.lettering import SMALL, clipped, width_of
from resnet_inspect.views.figures.plot import Curve as Plotted
from resnet_inspect.views.figures.plot import Span, plot, rounded
from resnet_inspect.views.figures.shapes import DEGREES, Line, Picture, Rectangle, Shape, Words
from resnet_inspect.views.words import run as words
from resnet_inspect.views.words import text
from resnet_inspect.views.words.signals import number

_WIDTH, _HEIGHT, _MARGIN, _LEFT, _GAP = 640.0, 190.0, 24.0, 64.0, 54.0
_MOST_CLASSES = 40
_MOST_STEPS = 64
"""Columns of the gradients; of more steps some are left out, evenly."""

Curve = Sequence[float | None]
_CURVES = (("train", "conv"), ("held out", "add"))
"""What the two curves of a plot are called, and their colours."""


def curves(run: Run) -> Picture:
    """Loss and accuracy of each epoch, in training and held out.

    Raises `UsageError` where no epoch came to its end.
    """
    if not run.epochs:
        raise UsageError("no epoch has come to its end: there is no curve")
    losses = (
        [epoch.train_loss for epoch in run.epochs],
        [epoch.validation_loss for epoch in run.epochs],
    )
    accuracies = (
        [epoch.train_accuracy for epoch in run.epochs],
        [epoch.validation_accuracy for epoch in run.epochs],
    )
    width = _LEFT + _WIDTH + 2 * _MARGIN
    shapes: list[Shape] = []
    left, top = _MARGIN + _LEFT, _MARGIN + 14
    for name, role in _CURVES:
        shapes.append(Line(((left, top - 4), (left + 22, top - 4)), f"stroke {role}", arrow=False))
        shapes.append(Words(left + 28, top, name, anchor="start"))
        left += 28 + width_of(name) + 24
    top += 34
    for title, plotted in (("loss", losses), ("accuracy", accuracies)):
        shapes += _plotted(title, plotted, top)
        top += _HEIGHT + _GAP
    height = top + 14
    shapes.append(Words(_MARGIN + _LEFT + _WIDTH / 2, height - _MARGIN, "epoch", "muted"))
    return Picture(
        "loss and accuracy", "in training and held out, after each epoch", width, height,
        tuple(shapes),
    )  # fmt: skip


def as_text(
    runs: Sequence[Run], width: int, height: int, *, ascii: bool = False
) -> Iterator[tuple[Span, ...]]:
    """Loss and accuracy of a run, or of two on the same axes, in characters with their styles.

    Each plot is `height` lines high. What is held out is drawn, training is dotted; of two runs
    the first is A, the second B. Nothing where no epoch came to its end.
    """
    if not any(run.epochs for run in runs):
        return
    letters = ("A ", "B ") if len(runs) > 1 else ("",)
    if len(runs) > 1:
        for n, (letter, run) in enumerate(zip(letters, runs, strict=True)):
            told = f"{words.progress(run)}  {words.apart(run, runs[1 - n])}"
            yield ((letter, f"curve {n}"), (clipped(told, width - len(letter)), ""))
    for title, write, label in (
        ("loss", words.number, "{:.3g}".format),
        ("accuracy", words.part, "{:.0%}".format),
    ):
        curves = []
        for number_of_run, (letter, run) in enumerate(zip(letters, runs, strict=True)):
            for kind, name, key in ((0, "held out", "validation"), (1, "train", "train")):
                values = [getattr(epoch, f"{key}_{title}") for epoch in run.epochs]
                last = write(values[-1]) if values else text.NOTHING
                style = f"curve {number_of_run if len(runs) > 1 else kind}"
                curves.append(
                    Plotted(
                        f"{letter}{name} {last}".ljust(len(letter) + 15), style, values, kind == 1
                    )
                )
        yield from plot(title, curves, width, height, label=label, ascii=ascii)


def _plotted(title: str, plotted: Sequence[Curve], top: float) -> Iterator[Shape]:
    known = [value for curve in plotted for value in curve if value is not None]
    low, high, step = rounded(min(known, default=0.0), max(known, default=1.0))
    left, bottom = _MARGIN + _LEFT, top + _HEIGHT
    epochs = len(plotted[0])
    yield Words(left, top - 8, title, anchor="start", bold=True)
    yield Rectangle(left, top, _WIDTH, _HEIGHT, "stage frame")

    def up(value: float) -> float:
        return bottom - (value - low) / (high - low) * _HEIGHT

    def across(place: int) -> float:
        return left + _WIDTH * (place + 0.5) / epochs

    for number_of_steps in range(round((high - low) / step) + 1):
        tick = low + number_of_steps * step
        yield Line(((left, up(tick)), (left + _WIDTH, up(tick))), "edge", arrow=False)
        yield Words(left - 8, up(tick) + 4, f"{tick:.4g}", "muted", SMALL, "end")
    for place in range(0, epochs, max(1, ceil(epochs / 12))):
        yield Words(across(place), bottom + 16, str(place + 1), "muted", SMALL)
    for curve, (_, role) in zip(plotted, _CURVES, strict=True):
        points: list[tuple[float, float]] = []
        ended: Curve = [*curve, None]
        for place, value in enumerate(ended):
            if value is not None:
                points.append((across(place), up(value)))
                continue
            if len(points) > 1:
                yield Line(tuple(points), f"stroke {role}", arrow=False, rounded=False)
            elif points:
                ((x, y),) = points
                yield Line(((x - 4, y), (x + 4, y)), f"stroke {role}", arrow=False)
            points = []


def confusion(found: Confusion, classes: tuple[str, ...]) -> Picture:
    """For each true class what it was taken for, as parts of it by heat and as numbers.

    Raises `UsageError` for more classes than can be read.
    """
    if len(classes) > _MOST_CLASSES:
        raise UsageError(f"{len(classes)} classes cannot be read in a picture (at most 40)")
    names = [clipped(text.visible(name), 16) for name in classes]
    beside = max(width_of(name) for name in names) + 8
    cell = 30.0 if len(names) <= 20 else 18.0
    left, top = _MARGIN + 20 + beside, _MARGIN + 44
    side = cell * len(names)
    shapes: list[Shape] = [
        Words(left + side / 2, _MARGIN + 12, "taken for", "muted"),
        Words(left - 8, top - 8, "true", "muted", SMALL, "end"),
    ]
    for true, row in enumerate(found.counts):
        y, whole = top + true * cell, sum(row)
        shapes.append(Words(left - 8, y + cell / 2 + 4, names[true], anchor="end"))
        head = clipped(names[true], 4)
        shapes.append(Words(left + (true + 0.5) * cell, top - 8, head, "muted", SMALL))
        for taken, count in enumerate(row):
            degree = ceil(count / whole * (DEGREES - 1)) if whole else 0
            tip = f"{names[true]} taken for {names[taken]}: {count} of {whole}"
            x = left + taken * cell
            shapes.append(Rectangle(x, y, cell - 1, cell - 1, f"heat {degree}", tip=tip))
            if count and true != taken and cell > 20:
                place = (x + cell / 2, y + cell / 2 + 4)
                shapes.append(Words(*place, str(count), f"on heat {degree}", SMALL))
    width = max(left + side + _MARGIN, 240)
    return Picture(
        "confusion matrix", f"after epoch {found.epoch}, of what is held out", width,
        top + side + _MARGIN, tuple(shapes),
    )  # fmt: skip


def gradients(run: Run) -> Picture:
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
    left, top = _MARGIN + beside, _MARGIN + 20
    cell, tall = max(_WIDTH / len(steps), 2.0), 12.0
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
    width = left + cell * len(steps) + _MARGIN
    return Picture(
        "gradients over time", "norm of the gradient of each layer's weights, by step", width,
        bottom + 32 + _MARGIN, tuple(shapes),
    )  # fmt: skip
