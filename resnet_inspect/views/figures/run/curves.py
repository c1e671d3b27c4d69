"""The curves of a run: loss and accuracy of each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from resnet_inspect.errors import UsageError
from resnet_inspect.traces.run import Run
from resnet_inspect.views.figures.dimensions import GAP, HEIGHT, LEFT, MARGIN, WIDTH
from resnet_inspect.views.figures.lettering import SMALL, clipped, width_of
from resnet_inspect.views.figures.plot import Curve as Plotted
from resnet_inspect.views.figures.plot import Span, plot, rounded
from resnet_inspect.views.figures.shapes import Line, Picture, Rectangle, Shape, Words
from resnet_inspect.views.words import run as words
from resnet_inspect.views.words import text

Curve = Sequence[float | None]
_CURVES = (("train", "conv"), ("held out", "add"))
"""What the two curves of a plot are called, and their colours."""


def picture(run: Run) -> Picture:
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
    width = LEFT + WIDTH + 2 * MARGIN
    shapes: list[Shape] = []
    left, top = MARGIN + LEFT, MARGIN + 14
    for name, role in _CURVES:
        shapes.append(Line(((left, top - 4), (left + 22, top - 4)), f"stroke {role}", arrow=False))
        shapes.append(Words(left + 28, top, name, anchor="start"))
        left += 28 + width_of(name) + 24
    top += 34
    for title, plotted in (("loss", losses), ("accuracy", accuracies)):
        shapes += _plotted(title, plotted, top)
        top += HEIGHT + GAP
    height = top + 14
    shapes.append(Words(MARGIN + LEFT + WIDTH / 2, height - MARGIN, "epoch", "muted"))
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
    left, bottom = MARGIN + LEFT, top + HEIGHT
    epochs = len(plotted[0])
    yield Words(left, top - 8, title, anchor="start", bold=True)
    yield Rectangle(left, top, WIDTH, HEIGHT, "stage frame")

    def up(value: float) -> float:
        return bottom - (value - low) / (high - low) * HEIGHT

    def across(place: int) -> float:
        return left + WIDTH * (place + 0.5) / epochs

    for number_of_steps in range(round((high - low) / step) + 1):
        tick = low + number_of_steps * step
        yield Line(((left, up(tick)), (left + WIDTH, up(tick))), "edge", arrow=False)
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
