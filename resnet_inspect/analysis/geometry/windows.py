"""What the elements along one axis of a map see of the input: a window for each, exactly.

After convolutions and pools element t sees the pixels from start + t·jump on. Behind an upsampling
the windows move in steps: elements 0 and 1 of a doubled map see the same. So they are kept for one
period: for `period` elements in a row from where to where each sees, and how far on it is repeated.
All numbers are whole pixels of the input; nothing is cut at its borders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

Number = int | Fraction

LONGEST = 4096
"""Elements of a period that are looked at; windows that repeat later are not known."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of the elements 0, 1, 2, ... along one axis, which repeat after a period."""

    begin: tuple[int, ...]
    """First pixel of each element of the first period."""
    end: tuple[int, ...]
    """The pixel behind the last."""
    advance: int
    """Pixels from one period to the next; negative where the map is turned around."""
    nudge: int = 0
    """What to add to the first pixel of element 0, where an interpolation keeps to the border."""

    @property
    def size(self) -> int:
        """The longest window."""
        if len(self.begin) == 1:
            return self.end[0] - self.begin[0]
        return max(e - b for b, e in zip(self.begin, self.end, strict=True))

    @property
    def jump(self) -> Number:
        """Pixels between two neighbours, on average."""
        period = len(self.begin)
        far = abs(self.advance)
        return far if period == 1 else plain(Fraction(far, period))

    @property
    def start(self) -> int:
        """The first pixel of element 0."""
        return self.begin[0] + self.nudge

    def at(self, element: int) -> tuple[int, int]:
        """The window of an element."""
        times, place = divmod(element, len(self.begin))
        far = times * self.advance
        return self.begin[place] + far, self.end[place] + far

    def slid(self, first: int, taps: int, spacing: int, stride: int) -> Windows | None:
        """The windows of a map whose element t takes `taps` elements from first + t·stride on."""
        if len(self.begin) > 1:
            return self.through(1, stride, lambda _: range(first, first + taps * spacing, spacing))
        step = self.advance
        last = first + (taps - 1) * spacing
        near, far = sorted((first * step, last * step))
        return Windows(
            (self.begin[0] + near,),
            (self.end[0] + far,),
            step * stride,
            self.nudge,
        )

    def through(
        self, period: int, advance: int, taken: Callable[[int], Sequence[int]]
    ) -> Windows | None:
        """The windows of a map whose elements take several of these each.

        Element p of its first period takes those of `taken(p)`, and a period later as many
        elements further on as `advance` says. None if it takes too long until all repeats.
        """
        own = len(self.begin)
        rounds = own // gcd(advance, own)
        if period * rounds > LONGEST:
            return None
        begin, end = [], []
        for turn in range(rounds):
            for place in range(period):
                windows = [self.at(turn * advance + element) for element in taken(place)]
                begin.append(min(first for first, _ in windows))
                end.append(max(last for _, last in windows))
        far = self.advance * (advance * rounds // own)
        return _shortest(begin, end, far, self.nudge)

    def reversed(self, last: int) -> Windows:
        """The windows of a map whose element t is element last − t of this one."""
        found = [self.at(last - place) for place in range(len(self.begin))]
        begin, end = zip(*found, strict=True)
        return Windows(begin, end, -self.advance, self.nudge)

    def hull(self, other: Windows) -> Windows | None:
        """What an element sees that sees both; None where they do not keep step."""
        if self is other or self == other:
            return self
        mine, theirs = len(self.begin), len(other.begin)
        if self.advance * theirs != other.advance * mine:
            return None
        start = min(self.start, other.start)
        if mine == theirs == 1:
            begin = min(self.begin[0], other.begin[0])
            end = max(self.end[0], other.end[0])
            return Windows((begin,), (end,), self.advance, start - begin)
        period = lcm(mine, theirs)
        if period > LONGEST:
            return None
        both = [(self.at(place), other.at(place)) for place in range(period)]
        begins = [min(a[0], b[0]) for a, b in both]
        ends = [max(a[1], b[1]) for a, b in both]
        return _shortest(begins, ends, self.advance * period // mine, start - begins[0])


PIXELS = Windows((0,), (1,), 1)
"""Of the input itself: each element sees its own pixel."""


def plain(number: Number) -> Number:
    """A whole fraction as an int, so that equal fields compare and print alike."""
    if isinstance(number, Fraction) and number.denominator == 1:
        return int(number)
    return number


def _shortest(begin: list[int], end: list[int], advance: int, nudge: int) -> Windows:
    """Windows with as short a period as says the same."""
    period = len(begin)
    for short in range(1, period // 2 + 1):
        times = period // short
        if period % short or advance % times:
            continue
        far = advance // times
        if all(
            numbers[i] + far == numbers[i + short]
            for numbers in (begin, end)
            for i in range(period - short)
        ):
            return Windows(tuple(begin[:short]), tuple(end[:short]), far, nudge)
    return Windows(tuple(begin), tuple(end), advance, nudge)
