"""The gradients of activations, while they flow back.

A gradient lives from the first step that gives it to the one that made its activation. Sums, views
and joins hand on the gradient that they are given; where two meet they are added in place, if
nothing else holds the first. That of a weight is added to the one that training keeps when the last
step that reads it has given its part; a reentrant checkpoint adds what its own steps have given. A
reentrant checkpoint holds the gradients of what it gives until it is through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from resnet_inspect.analysis.cost import attention
from resnet_inspect.analysis.cost.gradients import Run, around, reads, trainable_parameters, wanted
from resnet_inspect.analysis.cost.lifetimes import Span
from resnet_inspect.analysis.cost.schedule import Schedule
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention, Elementwise, Join, Reduce, Reshape, same_values


@dataclass(slots=True)
class _Gradient:
    """A gradient, and the activations whose it still is."""

    first: int
    last: int
    nbytes: int
    of: set[int] = field(default_factory=set)
    is_held: bool = False
    """Whether a reentrant checkpoint holds it too."""


def spans(trace: Trace, schedule: Schedule) -> Iterator[Span]:
    """How long each gradient is alive."""
    trainable = trainable_parameters(trace)
    flow = _Flow(trace, schedule)
    moments: dict[tuple[str, Run], list[int]] = {}
    for step in reversed(wanted(trace)):
        call = trace.calls[step.call]
        flow.through(call)
        if isinstance(call.op, Attention):
            now = schedule.back[step.call]
            yield Span(now, now, attention.backward(trace, call, call.op))
        nested = [run for run in around(call) if run[-1].reentrant]
        for name in dict.fromkeys(reads(trace, call)):
            if name in trainable:
                key = name, nested[-1] if nested else ()
                moments.setdefault(key, []).append(schedule.back[step.call])
    for (name, _), times in moments.items():
        nbytes = trainable[name].tensor.nbytes
        yield Span(times[0], times[-1], nbytes)
        yield from (Span(now, now, nbytes) for now in times[1:])
    yield from (Span(one.first, one.last, one.nbytes) for one in flow.every)


class _Flow:
    """The gradients that are alive, step by step."""

    def __init__(self, trace: Trace, schedule: Schedule) -> None:
        self.trace, self.schedule = trace, schedule
        self.every: list[_Gradient] = []
        self._at: dict[int, _Gradient] = {}
        self._entered: set[Run] = set()
        calls = (trace.calls[step.call] for step in wanted(trace))
        self._wants = {port.activation for call in calls for port in call.outputs}
        for port in trace.outputs:
            if port.activation in self._wants:
                self._arrive(port.activation, schedule.ends[()])

    def through(self, call: Call) -> None:
        """Take the gradients of what a step gives to what it takes."""
        for run in around(call):
            if run[-1].reentrant and run not in self._entered:
                self._hold(run)
            self._entered.add(run)
        now = self.schedule.back[call.index]
        ended = {
            p.activation: self._at.pop(p.activation)
            for p in call.outputs
            if p.activation in self._at
        }
        for one in ended.values():
            one.last = max(one.last, now)
        for activation in dict.fromkeys(port.activation for port in call.inputs):
            if activation not in self._wants:
                continue
            if not ended or not _hands_on(self.trace, call, activation):
                self._arrive(activation, now)
            elif activation not in self._at:
                self._give(next(iter(ended.values())), activation)
        for activation, one in ended.items():
            one.of.discard(activation)

    def _arrive(self, activation: int, now: int) -> None:
        """A new gradient: the first, or one that is added to the one that is there."""
        one = _Gradient(now, now, self.trace.activations[activation].tensor.nbytes)
        self.every.append(one)
        there = self._at.get(activation)
        if there is None or len(there.of) > 1 or there.is_held:
            self._give(one, activation)

    def _give(self, one: _Gradient, activation: int) -> None:
        if activation in self._at:
            self._at[activation].of.discard(activation)
        self._at[activation] = one
        one.of.add(activation)

    def _hold(self, run: Run) -> None:
        """Let a reentrant checkpoint hold the gradients of what it gives."""
        for activation, one in self._at.items():
            maker = self.trace.producer.get(activation)
            if maker is not None and self.trace.calls[maker].checkpoints[: len(run)] == run:
                one.is_held = True
                one.last = max(one.last, self.schedule.through[run])


def _hands_on(trace: Trace, call: Call, activation: int) -> bool:
    """Whether the gradient of what a step takes is a view of that of what it gives."""
    if not call.outputs:
        return False
    made, given = trace.spec(call.outputs[0]), trace.activations[activation].tensor
    match call.op:
        case Elementwise(name="add"):
            return made.shape == given.shape and made.dtype == given.dtype
        case Elementwise(name="sub"):
            return call.inputs[0].activation == activation and made.shape == given.shape
        case Join() | Reduce(name="sum"):
            return True
        case Reshape():
            return made.elements == given.elements
        case op:
            return same_values(op) and _is_same(trace, call)


def _is_same(trace: Trace, call: Call) -> bool:
    taken = {port.activation for port in call.inputs}
    storages = {trace.activations[number].storage for number in taken}
    return all(trace.activations[port.activation].storage in storages for port in call.outputs)
