"""What measurements say: times, rates and shares of any run of calls.

The time of a run of calls is the sum of the medians of its calls, so that rows sum to the total;
its spread is the interquartile range of what these calls took together in each run. Rates are those
of the forward pass: two operations for each multiply-accumulate, and the bytes that
`analysis.cost.roofline` says each step moves at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from statistics import median, quantiles
from typing import TypeVar

from resnet_inspect.analysis.cost import roofline
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.traces.timing import Measurements, course

Number = TypeVar("Number", int, float)


def _within(before: Sequence[Number], spans: Spans) -> Number:
    """The sum over these calls, from the sums of all before each call, and the end."""
    return sum((before[last + 1] - before[first] for first, last in spans), start=before[0])


@dataclass(frozen=True, slots=True)
class Time:
    """How long something took, in seconds."""

    seconds: float
    spread: float
    """Interquartile range over the runs; 0 for a single run."""


def typical(nanoseconds: Sequence[int]) -> Time:
    """Median and spread of several runs."""
    return Time(median(nanoseconds) / 1e9, _spread(nanoseconds))


def _spread(nanoseconds: Sequence[int]) -> float:
    if len(nanoseconds) < 2:
        return 0.0
    first, _, third = quantiles(nanoseconds, method="inclusive")
    return (third - first) / 1e9


def beyond_noise(seconds: float, spread: float, runs: int) -> bool:
    """Whether two medians differ by more than runs do; `spread` is the wider of the two.

    A few runs show less of the spread than there is, one shows none, so that more is asked of
    fewer: with equal networks and normal noise this says yes at most once in 80 times, from 2 runs
    on, and once in 300 from 10.
    """
    return runs > 1 and abs(seconds) > spread * (1 + 12 / (runs - 1) ** 1.5)


class _Pass:
    """The runs of one direction."""

    def __init__(self, runs: Sequence[Sequence[int]]) -> None:
        medians = (median(own) for own in zip(*runs, strict=True))
        self._medians: list[float] = list(accumulate(medians, initial=0.0))
        self._runs = [list(accumulate(run, initial=0)) for run in runs]

    def seconds(self, spans: Spans) -> float:
        return _within(self._medians, spans) / 1e9

    def time(self, spans: Spans) -> Time:
        spread = _spread([_within(before, spans) for before in self._runs])
        return Time(self.seconds(spans), spread)


@dataclass(frozen=True)
class Timing:
    """A network's measurements beside its analyses."""

    survey: Survey
    measured: Measurements

    @property
    def batch(self) -> int | None:
        """Samples in the first input; None for a network that is given no tensor with a shape."""
        trace = self.survey.trace
        shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
        return shape[0] if shape else None

    @cached_property
    def _forward(self) -> _Pass:
        return _Pass(self.measured.forward)

    @cached_property
    def _backward(self) -> _Pass | None:
        return _Pass(self.measured.backward) if self.measured.backward else None

    @cached_property
    def apart(self) -> frozenset[int]:
        """The calls whose time was told apart from that of their callers."""
        return frozenset(boundary.then for boundary in course(self.survey.trace))

    @cached_property
    def _apart_before(self) -> list[int]:
        calls = range(len(self.survey.trace.calls))
        return list(accumulate((index in self.apart for index in calls), initial=0))

    def forward(self, spans: Spans) -> Time | None:
        """What these calls took; None if none of them was told apart."""
        return self._forward.time(spans) if _within(self._apart_before, spans) else None

    def backward(self, spans: Spans) -> Time | None:
        """The same of the backward pass; None also if it was not measured."""
        if self._backward is None or not _within(self._apart_before, spans):
            return None
        return self._backward.time(spans)

    @property
    def everything(self) -> Spans:
        """All calls."""
        return ((0, len(self.survey.trace.calls) - 1),)

    def left_out(self, spans: Spans) -> tuple[Spans, Spans]:
        """What lies outside of these runs of calls: the steps, and then all other calls."""
        trace = self.survey.trace
        free = [True] * len(trace.calls)
        for first, last in spans:
            free[first : last + 1] = [False] * (last + 1 - first)
        steps = [(index, trace.last_descendant[index]) for index in trace.steps if free[index]]
        for first, last in steps:
            free[first : last + 1] = [False] * (last + 1 - first)
        return steps, [(index, index) for index, is_free in enumerate(free) if is_free]

    @cached_property
    def total(self) -> Time:
        """What all calls took together."""
        return self._forward.time(self.everything)

    @cached_property
    def whole(self) -> Time:
        """What the forward without hooks took."""
        return typical(self.measured.whole_forward)

    @property
    def samples_rate(self) -> float | None:
        """Samples of the first input in a second, without hooks."""
        return self.batch / self.whole.seconds if self.batch and self.whole.seconds else None

    @cached_property
    def hooked(self) -> Time:
        """What the forward with hooks took, each run as a whole.

        It is not `total`: where runs differ, the median of sums is not the sum of medians.
        """
        return typical([sum(run) for run in self.measured.forward])

    @property
    def hooks(self) -> float:
        """Seconds that the hooks cost: a forward with them less one without; noise may win."""
        return self.hooked.seconds - self.whole.seconds

    @cached_property
    def ceilings(self) -> Device:
        """What the device did at best."""
        return Device(self.measured.matmul.rate, self.measured.copy.rate)

    @cached_property
    def _moved_before(self) -> list[int]:
        moved = {step.call: step.nbytes for step in roofline.steps(self.survey)}
        calls = range(len(self.survey.trace.calls))
        return list(accumulate((moved.get(index, 0) for index in calls), initial=0))

    def flops(self, spans: Spans) -> int | None:
        """Operations of one forward pass; None where not all are known."""
        amounts = [self.survey.amounts(first, last) for first, last in spans]
        if any(own.uncounted for own in amounts):
            return None
        return sum(2 * own.macs for own in amounts)

    def flops_rate(self, spans: Spans) -> float | None:
        """Operations per second; None where there are none, or they or the time are not known."""
        return self._rate(self.flops(spans), spans)

    def bytes_rate(self, spans: Spans) -> float | None:
        """Bytes moved per second; None where no byte is moved, or no time is known."""
        return self._rate(_within(self._moved_before, spans), spans)

    def _rate(self, amount: int | None, spans: Spans) -> float | None:
        if not amount or not _within(self._apart_before, spans):
            return None
        seconds = self._forward.seconds(spans)
        return amount / seconds if seconds else None

    @cached_property
    def _held_before(self) -> list[int]:
        held = dict(self.measured.peak.holders)
        calls = range(len(self.survey.trace.calls))
        return list(accumulate((held.get(index, 0) for index in calls), initial=0))

    def held(self, spans: Spans) -> int:
        """Bytes that these calls had made and that were alive at the fullest moment."""
        return _within(self._held_before, spans)
