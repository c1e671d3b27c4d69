"""Where what flows differs between two networks: the signals of what a comparison has paired."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Section
from resnet_inspect.analysis.comparison.parts import parts_of, spans_of
from resnet_inspect.analysis.signals.findings import gradient_rms
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.traces.signals import Flow

MATTERS = 3.0
"""By what factor two numbers differ at least, to be pointed out: seeds differ by some tenths."""

Read = Callable[[Flow], float | None]


def _std(flow: Flow) -> float | None:
    return flow.std


READ: dict[str, Read] = {"gradient": gradient_rms, "output": _std}
"""What is compared: root mean square of the gradient at an output, and its standard deviation."""


@dataclass(frozen=True, slots=True)
class Both:
    """A number on both sides; None where it is not known."""

    left: float | None
    right: float | None

    @property
    def is_known(self) -> bool:
        """Whether it is known on both sides."""
        return self.left is not None and self.right is not None

    @property
    def ratio(self) -> float | None:
        """Right over left; None where there is none."""
        if self.left is None or self.right is None or not self.left:
            return None
        return self.right / self.left

    @property
    def factor(self) -> float:
        """How many times the smaller the larger is; infinite where one alone is zero."""
        if self.left is None or self.right is None or self.left == self.right:
            return 1.0
        low, high = sorted((self.left, self.right))
        return high / low if low else inf


@dataclass(frozen=True)
class SignalComparison:
    """Two networks, aligned, with what flowed in a step of each."""

    difference: Difference
    left: Signal | None
    """None for one without signals."""
    right: Signal | None

    @property
    def sides(self) -> tuple[Signal | None, Signal | None]:
        """Left and right."""
        return self.left, self.right

    def between(self, left: Spans, right: Spans, what: str) -> Both:
        """One of `READ`, of what these calls give."""
        flows = [
            signal.flow(spans) if signal is not None else None
            for signal, spans in zip(self.sides, (left, right), strict=True)
        ]
        return Both(*(None if flow is None else READ[what](flow) for flow in flows))

    def of(self, part: Section | Entry, what: str) -> Both:
        """The same of what a section or step gives."""
        return self.between(*spans_of(self.difference, part), what)

    def is_notable(self, part: Section | Entry) -> bool:
        """Whether another signal comes out of a section or step."""
        return any(self.of(part, what).factor >= MATTERS for what in READ)

    def of_parts(self, what: str) -> Iterator[Both]:
        """One of `READ` after each part of the network, in order."""
        return (self.of(part, what) for part in parts_of(self.difference))

    def apart(self, what: str) -> Iterator[tuple[Section | Entry, Both]]:
        """The parts of the network that differ in it, in order."""
        for part in parts_of(self.difference):
            found = self.of(part, what)
            if found.factor >= MATTERS:
                yield part, found
