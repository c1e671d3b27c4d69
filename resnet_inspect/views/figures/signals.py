"""How a signal propagates: spread of the outputs and the gradient along the depth of networks.

The picture has two plots, one below the other, with logarithmic scales; depth is counted in the
convolutions and linear layers of the main path, and the stages are marked of the first network
that has some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from resnet_inspect.analysis.signals.findings import Point, gradient_rms
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.errors import UsageError
from resnet_inspect.views.figures.dimensions import GAP, HEIGHT, LEFT, MARGIN, WIDTH
from resnet_inspect.views.figures.lettering import SMALL, TITLE, clipped, width_of
from resnet_inspect.views.figures.shapes import Line, Picture, Rectangle, Shape, Words
from resnet_inspect.views.words import text

ROLES = ("conv", "add", "linear", "activation", "pool", "unknown")
"""The colours of networks, in order."""
MARKS = "ox+*#@"
"""Their letters in a plot of characters."""
_MOST_DECADES = 60


@dataclass(frozen=True, slots=True)
class _Plot:
    title: str
    of: Callable[[Point], float | None]


_PLOTS = (
    _Plot("standard deviation of the output", lambda point: point.flow.std),
    _Plot("root mean square of the gradient", lambda point: gradient_rms(point.flow)),
)

Series = tuple[float | None, ...]
"""A number for each layer along the depth; None where there is none, or it is zero."""


def _series(signal: Signal, plot: _Plot) -> Series:
    return tuple(plot.of(point) or None for point in signal.depth)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Decades from 10^low to 10^high."""

    low: int
    high: int

    @classmethod
    def over(cls, every: Sequence[Series]) -> _Scale:
        known = [log10(value) for series in every for value in series if value]
        if not known:
            return cls(-1, 1)
        low, high = floor(min(known)), ceil(max(known))
        return cls(max(low, high - _MOST_DECADES), max(high, low + 1))

    def part(self, value: float) -> float:
        """Where a value stands: 0 at the lower end, 1 at the upper."""
        return self.part_of_tick(log10(value))

    def part_of_tick(self, exponent: float) -> float:
        """The same of 10^exponent."""
        return min(max((exponent - self.low) / (self.high - self.low), 0.0), 1.0)

    @property
    def ticks(self) -> list[int]:
        """Exponents that are written, at most seven or so."""
        step = max(1, ceil((self.high - self.low) / 6))
        return list(range(self.low, self.high + 1, step))


def _check(signals: Sequence[Signal]) -> None:
    if len(signals) > len(ROLES):
        raise UsageError(f"{len(signals)} networks cannot be told apart in one plot: at most 6")
    if not any(signal.depth for signal in signals):
        raise UsageError("there is no convolution or linear layer to plot")


def plot_of(signals: Sequence[Signal]) -> Picture | None:
    """`propagation`, as far as there is one."""
    is_plotted = len(signals) <= len(ROLES) and any(signal.depth for signal in signals)
    return propagation(signals) if is_plotted else None


def propagation(signals: Sequence[Signal]) -> Picture:
    """The plots of one network, or of several in one figure.

    Raises `UsageError` for more networks than can be told apart, or none with layers.
    """
    _check(signals)
    deepest = max(len(signal.depth) for signal in signals)
    names = [clipped(text.visible(signal.survey.trace.model_name), 48) for signal in signals]
    title = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"
    width = LEFT + WIDTH + 2 * MARGIN
    shapes: list[Shape] = [
        Words(width / 2, MARGIN + TITLE - 3, clipped(title, 70), size=TITLE, bold=True)
    ]
    top = MARGIN + TITLE + 16
    if len(signals) > 1:
        shapes += _legend(names, top)
        top += 22
    for plot in _PLOTS:
        shapes += _plotted(signals, plot, top + 22, deepest)
        top += HEIGHT + GAP
    height = top + MARGIN + 8
    shapes.append(
        Words(MARGIN + LEFT + WIDTH / 2, height - MARGIN + 6, "layer with weights", "muted")
    )
    description = f"{_PLOTS[0].title} and {_PLOTS[1].title} at each layer of {', '.join(names)}"
    return Picture(title, description, width, height, tuple(shapes))


def _legend(names: Sequence[str], top: float) -> Iterator[Shape]:
    left = MARGIN + LEFT
    for name, role in zip(names, ROLES, strict=False):
        yield Line(((left, top - 4), (left + 22, top - 4)), f"stroke {role}", arrow=False)
        yield Words(left + 28, top, name, anchor="start")
        left += 28 + width_of(name) + 24


def _plotted(signals: Sequence[Signal], plot: _Plot, top: float, deepest: int) -> Iterator[Shape]:
    every = [_series(signal, plot) for signal in signals]
    scale = _Scale.over(every)
    left, bottom = MARGIN + LEFT, top + HEIGHT
    yield Words(left, top - 8, plot.title, anchor="start", bold=True)
    yield Rectangle(left, top, WIDTH, HEIGHT, "stage frame")
    for exponent in scale.ticks:
        y = bottom - scale.part_of_tick(exponent) * HEIGHT
        yield Line(((left, y), (left + WIDTH, y)), "edge", arrow=False)
        yield Words(left - 8, y + 4, f"1e{exponent}", "muted", SMALL, "end")

    def across(place: int) -> float:
        return left + WIDTH * (place + 0.5) / deepest

    for number, place in _stages(signals):
        x = across(place) - WIDTH * 0.5 / deepest
        yield Line(((x, top), (x, bottom)), "muted", arrow=False)
        yield Words(x + 4, top + 12, f"stage {number}", "muted", SMALL, "start")
    for series, role in zip(every, ROLES, strict=False):
        for run in _runs(series):
            points = tuple((across(i), bottom - scale.part(v) * HEIGHT) for i, v in run)
            if len(points) == 1:
                (x, y), *_ = points
                points = ((x - 1.5, y), (x + 1.5, y))
            yield Line(points, f"stroke {role}", arrow=False, rounded=False)
    for place in _every(deepest):
        yield Words(across(place - 1), bottom + 15, str(place), "muted", SMALL)


def _stages(signals: Sequence[Signal]) -> Iterator[tuple[int, int]]:
    """Of the first network that has stages, the number and first layer of each."""
    signal = next((one for one in signals if one.survey.anatomy.stages), signals[0])
    for stage in signal.survey.anatomy.stages:
        places = [i for i, p in enumerate(signal.depth) if stage.first <= p.call <= stage.last]
        if places:
            yield stage.number, places[0]


def _runs(series: Series) -> Iterator[list[tuple[int, float]]]:
    """Layers in a row that have a number."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate(series):
        if value is None:
            if run:
                yield run
            run = []
        else:
            run.append((place, value))
    if run:
        yield run


def _every(deepest: int) -> list[int]:
    """The layers whose numbers are written below."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if deepest / s <= 14)
    return [place for place in range(1, deepest + 1) if place % step == 0]


def as_text(signals: Sequence[Signal], width: int = 72, height: int = 12) -> list[str]:
    """The plots in characters, no wider than is said; where two meet, the first network is seen."""
    _check(signals)
    lines: list[str] = []
    if len(signals) > 1:
        for signal, mark in zip(signals, MARKS, strict=False):
            lines.append(f"{mark} {text.visible(signal.survey.trace.model_name)}")
        lines.append("")
    columns = max(width - 8, 8)
    deepest = max(len(signal.depth) for signal in signals)
    for plot in _PLOTS:
        every = [_series(signal, plot) for signal in signals]
        scale = _Scale.over(every)
        grid = [[" "] * columns for _ in range(height)]
        for series, mark in reversed(list(zip(every, MARKS, strict=False))):
            for place, value in enumerate(series):
                if value is not None:
                    x = place * columns // deepest
                    grid[round((1 - scale.part(value)) * (height - 1))][x] = mark
        lines.append(plot.title)
        ticks = {round((1 - scale.part_of_tick(e)) * (height - 1)): e for e in scale.ticks}
        for y, row in enumerate(grid):
            label = f"1e{ticks[y]}" if y in ticks else ""
            lines.append(f"{label:>6} │{''.join(row)}".rstrip())
        lines.append(f"{'':>6} └{'─' * columns}")
    axis = [" "] * columns
    for number, place in _stages(signals):
        label = f"stage {number}"
        x = place * columns // deepest
        end = x + len(label)
        if end <= columns and not "".join(axis[max(x - 1, 0) : end]).strip():
            axis[x:end] = label
    lines.append(f"{'':>8}{''.join(axis)}".rstrip())
    return lines
