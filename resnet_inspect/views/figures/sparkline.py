"""Numbers over the steps of a run as a line of bars, each a character."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

_BARS, _ASCII = "▁▂▃▄▅▆▇█", "_.-~=+*#"
_WIDE = 10.0
"""Positive numbers whose largest is more times the smallest are drawn in a logarithmic scale."""


def places(steps: int, width: int) -> list[int]:
    """Which steps a line of that width shows: all, or the first, the last and others evenly."""
    if steps <= width:
        return list(range(steps))
    return [round(i * (steps - 1) / (width - 1)) for i in range(width)] if width > 1 else [0]


def is_logarithmic(values: Sequence[float | None]) -> bool:
    """Whether these are drawn in a logarithmic scale, in which a zero is at the bottom."""
    known = [value for value in values if value]
    return bool(known) and min(known) > 0 and max(known) > _WIDE * min(known)


def sparkline(values: Sequence[float | None], *, ascii: bool = False) -> str:
    """A bar for each number, from the smallest to the largest; a blank for None."""
    bars = _ASCII if ascii else _BARS
    log = is_logarithmic(values)
    known = [value for value in values if value is not None and (value or not log)]
    if not known:
        return " " * len(values)

    def place(value: float) -> float:
        return log10(value) if log else value / 4  # so that no difference is too large

    scaled = [place(value) for value in known]
    low, high = min(scaled), max(scaled)
    drawn = ""
    for value in values:
        if value is None:
            drawn += " "
        elif log and not value:
            drawn += bars[0]
        else:
            part = (place(value) - low) / (high - low) if high > low else 0.5
            drawn += bars[min(int(part * len(bars)), len(bars) - 1)]
    return drawn
