"""Curves over a common axis as lines of characters: dots of braille, or a letter for each curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from resnet_inspect.views.figures.sparkline import is_logarithmic

Span = tuple[str, str]
"""Text and the name of its style."""

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a character of braille, from the top left."""
_MARKS = "ox+*"
_DOTTED = 3
"""Of a dotted line every so many dots are drawn."""
_NARROWEST = 8
_FARTHEST = 1e300
"""A number from it on is at the end of the scale, since differences must be finite."""
_LABEL = 5
"""Columns of the labels, if none is longer, so that plots stand below one another."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A number for each place along the axis; None where there is none."""

    name: str
    """Written at its end."""
    style: str
    values: Sequence[float | None]
    dotted: bool = False

    @property
    def last(self) -> float | None:
        """The last number that is known."""
        return next((value for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool

    @classmethod
    def over(cls, values: Sequence[float], most: int) -> _Scale:
        """A scale with at most so many ticks; logarithmic for positive numbers far apart."""
        if is_logarithmic(values):
            low, high = (log10(end([v for v in values if v])) for end in (min, max))
            for wanted in ((1, 2, 5), (1, 3), (1,)):
                ticks = [
                    log10(m) + e for e in range(floor(low), ceil(high) + 1) for m in wanted
                    if low <= log10(m) + e <= high
                ]  # fmt: skip
                if len(ticks) <= most:
                    break
            return cls(low, high, tuple(ticks[:: ceil(len(ticks) / most)]), True)
        low, high, step = rounded(min(values, default=0.0), max(values, default=1.0))
        steps = round((high - low) / step)
        apart = next(n for n in range(1, steps + 1) if steps / n < most or n == steps)
        return cls(low, high, tuple(low + n * step for n in range(0, steps + 1, apart)), False)

    def part(self, value: float) -> float:
        """Where a number stands: 0 at the lower end, 1 at the upper."""
        if self.is_log:
            value = log10(value) if value > 0 else self.low
        return self.part_of_tick(value)

    def part_of_tick(self, tick: float) -> float:
        """The same of a tick."""
        return min(max((tick - self.low) / (self.high - self.low), 0.0), 1.0)

    def value(self, tick: float) -> float:
        """The number that a tick stands for."""
        return 10**tick if self.is_log else tick


def rounded(low: float, high: float) -> tuple[float, float, float]:
    """Round numbers around two others, and the step between the ticks."""
    low, high = (min(max(end, -_FARTHEST), _FARTHEST) for end in (low, high))
    spread = max((high - low) or abs(high) or 1.0, 1 / _FARTHEST)
    power = 10.0 ** floor(log10(spread))
    step = next(power * n for n in (0.2, 0.5, 1.0, 2.0) if spread / (power * n) <= 6)
    low, high = floor(low / step) * step, ceil(high / step) * step
    return low, max(high, low + step), step


def plot(
    title: str,
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    label: Callable[[float], str] = "{:.3g}".format,
    ascii: bool = False,
) -> Iterator[tuple[Span, ...]]:
    """A title, `height` lines of curves and the axis, no wider than `width` where that is 40.

    Where curves meet, the first is seen; a name stands on the line where its curve ends, or near.
    """
    places = max(len(curve.values) for curve in curves)
    scale = _Scale.over([v for c in curves for v in c.values if v is not None], height // 2 + 1)
    labels = {_row(scale.part_of_tick(t), height): label(scale.value(t)) for t in scale.ticks}
    before = max(_LABEL, *map(len, labels.values()))
    names = _beside(curves, scale, height)
    after = max(len(curve.name) for curve in curves)
    columns = max(_NARROWEST, width - before - after - 3)
    yield ((f"{'':>{before}}  ", ""), (title, "title"))
    drawn = _drawn(curves, scale, columns, height, places, ascii)
    for y, cells in enumerate(drawn):
        curve = names.get(y)
        name = (f" {curve.name}", curve.style) if curve else ("", "")
        yield ((f"{labels.get(y, ''):>{before}} {'|' if ascii else '│'}", "label"), *cells, name)
    corner, line = "+-" if ascii else "└─"
    yield ((f"{'':>{before}} {corner}{line * columns}", "label"),)
    yield ((f"{'':>{before}}  {_axis(places, columns)}", "label"),)


def _row(part: float, height: int) -> int:
    return round((1 - part) * (height - 1))


def _column(place: int, places: int, columns: int) -> int:
    return round(place * (columns - 1) / (places - 1)) if places > 1 else columns // 2


def _beside(curves: Sequence[Curve], scale: _Scale, height: int) -> dict[int, Curve]:
    """The curve whose name stands on each line; a line has one."""
    found: dict[int, Curve] = {}
    known = [(curve, curve.last) for curve in curves]
    for curve, last in sorted(known, key=lambda one: -(one[1] or 0.0)):
        wanted = height - 1 if last is None else _row(scale.part(last), height)
        free = [y for y in range(height) if y not in found]
        if free:
            found[min(free, key=lambda y: abs(y - wanted))] = curve
    order = sorted(found)
    return dict(zip(order, found.values(), strict=True))


def _drawn(
    curves: Sequence[Curve], scale: _Scale, columns: int, height: int, places: int, ascii: bool
) -> Iterator[list[Span]]:
    across, down = (1, 1) if ascii else (2, 4)
    cells: dict[tuple[int, int], tuple[str, int]] = {}
    for curve, mark in zip(curves, _MARKS, strict=False):

        def at(place: int, value: float) -> tuple[int, int]:
            x = _column(place, places, columns * across)
            return x, _row(scale.part(value), height * down)

        for n, (x, y) in enumerate(_dots(curve, at)):
            if curve.dotted and not ascii and n % _DOTTED:
                continue
            cell = (y // down, x // across)
            style, bits = cells.get(cell, (curve.style, ord(mark) if ascii else 0x2800))
            cells[cell] = style, bits if ascii else bits | _DOTS[y % down][x % across]
    for row in range(height):
        found = [cells.get((row, column), ("", ord(" "))) for column in range(columns)]
        yield [(chr(bits), style) for style, bits in found]


def _dots(curve: Curve, at: Callable[[int, float], tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The dots of a curve, each number joined to the one before it, if that is known."""
    before: tuple[int, int] | None = None
    for place, value in enumerate(curve.values):
        if value is None:
            before = None
            continue
        x, y = at(place, value)
        if before is None:
            yield x, y
        else:
            from_x, from_y = before
            steps = max(abs(x - from_x), abs(y - from_y))
            for n in range(1, steps + 1):
                part = n / steps
                yield round(from_x + (x - from_x) * part), round(from_y + (y - from_y) * part)
        before = x, y


def _axis(places: int, columns: int) -> str:
    """The places, counted from 1, as many as there is room for."""
    wide = len(str(places)) + 2
    most = max(1, columns // wide)
    step = next(s * 10**e for e in range(9) for s in (1, 2, 5) if places / (s * 10**e) <= most)
    line = ""
    for place in sorted({0, *range(step - 1, places, step)}):
        label = str(place + 1)
        x = min(_column(place, places, columns), columns - len(label))
        if x >= len(line) + bool(line):
            line = f"{line:<{x}}{label}"
    return line
