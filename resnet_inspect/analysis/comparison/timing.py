"""Where one of two networks takes less time: the times of what a comparison has paired.

A difference is certain where it exceeds what the runs of either side differ by; of what is less,
nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Section
from resnet_inspect.analysis.comparison.parts import parts_of, spans_of
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.analysis.timing import Time, Timing, beyond_noise, typical

Direction = Literal["forward", "backward"]

MATTERS = 0.01
"""What part of the slower network's time a difference is at least, to be pointed out."""


@dataclass(frozen=True, slots=True)
class TimeDifference:
    """What a part of two networks took."""

    left: Time | None
    """None if it is not known; no time for a part that only the other side has."""
    right: Time | None
    runs: int
    """How often the one that ran less often was run."""

    @property
    def seconds(self) -> float | None:
        """Right minus left; None where either is not known."""
        if self.left is None or self.right is None:
            return None
        return self.right.seconds - self.left.seconds

    @property
    def ratio(self) -> float | None:
        """Right over left; None where there is none."""
        if self.left is None or self.right is None or not self.left.seconds:
            return None
        return self.right.seconds / self.left.seconds

    @property
    def is_certain(self) -> bool:
        """Whether it is more than what runs of either side differ by."""
        if self.left is None or self.right is None:
            return False
        spread = max(self.left.spread, self.right.spread)
        return beyond_noise(self.right.seconds - self.left.seconds, spread, self.runs)


@dataclass(frozen=True)
class TimingComparison:
    """Two networks, aligned, with what was measured of them."""

    difference: Difference
    left: Timing | None
    """None for one that was not measured."""
    right: Timing | None

    @property
    def sides(self) -> tuple[Timing | None, Timing | None]:
        """Left and right."""
        return self.left, self.right

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The passes of which there are times on either side."""
        has_backward = any(speed and speed.measured.backward for speed in self.sides)
        return ("forward", "backward") if has_backward else ("forward",)

    @property
    def _runs(self) -> int:
        return min((len(speed.measured.forward) for speed in self.sides if speed), default=0)

    def between(
        self, left: Spans, right: Spans, direction: Direction = "forward"
    ) -> TimeDifference:
        """What these calls took; no calls take no time."""
        mine, theirs = _time(self.left, left, direction), _time(self.right, right, direction)
        return TimeDifference(mine, theirs, self._runs)

    def whole(self, direction: Direction = "forward") -> TimeDifference:
        """What the networks took without hooks."""
        left, right = _whole(self.left, direction), _whole(self.right, direction)
        return TimeDifference(left, right, self._runs)

    def of(self, part: Section | Entry, direction: Direction = "forward") -> TimeDifference:
        """What a section or step took."""
        return self.between(*spans_of(self.difference, part), direction)

    @cached_property
    def parts(self) -> tuple[Section | Entry, ...]:
        """Stem, stages and head; see `parts_of`."""
        return parts_of(self.difference)

    def rest(self, direction: Direction = "forward") -> TimeDifference:
        """What the calls took that are in none of these parts."""
        of = [spans_of(self.difference, part) for part in self.parts]
        found: list[Spans] = []
        for side, speed in enumerate(self.sides):
            covered = [span for spans in of for span in spans[side]]
            steps, others = speed.left_out(covered) if speed else ((), ())
            found.append([*steps, *others])
        return self.between(found[0], found[1], direction)

    @cached_property
    def _least(self) -> dict[Direction, float]:
        """Seconds from which on a difference matters."""
        wholes = {direction: self.whole(direction) for direction in self.directions}
        return {
            direction: MATTERS * max((t.seconds for t in (w.left, w.right) if t), default=0.0)
            for direction, w in wholes.items()
        }

    def matters(self, found: TimeDifference, direction: Direction = "forward") -> bool:
        """Whether a difference is certain and a part of the whole that is worth a word."""
        seconds = found.seconds
        return seconds is not None and found.is_certain and abs(seconds) >= self._least[direction]

    def is_notable(self, part: Section | Entry) -> bool:
        """Whether a section or step takes another time, in either direction, and it matters."""
        return any(self.matters(self.of(part, way), way) for way in self.directions)


def _time(speed: Timing | None, spans: Spans, direction: Direction) -> Time | None:
    if speed is None or (direction == "backward" and not speed.measured.backward):
        return None
    if not spans:
        return Time(0.0, 0.0)
    return speed.forward(spans) if direction == "forward" else speed.backward(spans)


def _whole(speed: Timing | None, direction: Direction) -> Time | None:
    if speed is None:
        return None
    if direction == "forward":
        return speed.whole
    return typical(speed.measured.whole_backward) if speed.measured.whole_backward else None
