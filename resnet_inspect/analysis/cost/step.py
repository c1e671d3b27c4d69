"""What is alive in a training step: activations, and the gradients of activations.

A checkpoint (`torch.utils.checkpoint`) keeps what it takes until its backward pass is through, a
reentrant one also what it gives; what its steps save is saved when it is run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.cost import attention, gradient_flow, lifetimes, saved_tensors
from resnet_inspect.analysis.cost.gradients import Run, around
from resnet_inspect.analysis.cost.lifetimes import Lifetime, Span
from resnet_inspect.analysis.cost.saved_tensors import Saved
from resnet_inspect.analysis.cost.schedule import Schedule
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Attention


@dataclass(frozen=True, slots=True)
class Step:
    """The memory of a training step, beside the weights and the input."""

    saved: int
    """Bytes saved when the forward pass ends."""
    held: int
    """Bytes of activations and their gradients at the fullest moment."""


def of(trace: Trace) -> Step:
    """The training step of a traced network."""
    kept = saved_tensors.of(trace)
    schedule = Schedule(trace, kept)
    spans = [
        *_activations(trace, kept, schedule),
        *_within_attention(trace, kept, schedule),
        *gradient_flow.spans(trace, schedule),
    ]
    end = schedule.ends[()]
    at_end = sum(span.nbytes for span in spans if span.kept and span.first < end <= span.last)
    return Step(at_end, lifetimes.fullest(spans))


def _activations(trace: Trace, kept: tuple[Saved, ...], schedule: Schedule) -> Iterator[Span]:
    """How long what the forward pass makes is alive, in each run of it."""
    life = lifetimes.of(trace)
    until = _kept_until(trace, kept, schedule, life)
    for storage, one in life.items():
        for run in ((), *around(trace.calls[one.born])):
            made, end = schedule.made.get(run, {}), schedule.ends.get(run, 0)
            if one.born not in made:
                continue
            last = made.get(one.dies, end)
            if not run and one.dies == end:
                last = schedule.end
            elif run and run[-1].reentrant and one.dies > next(reversed(made)):
                last = schedule.through[run]
            held = until.get((run, storage), 0)
            yield Span(made[one.born], max(last, held), one.nbytes, kept=held > end)
    yield from _outside(trace, kept, schedule, life)


def _kept_until(
    trace: Trace, kept: tuple[Saved, ...], schedule: Schedule, life: dict[int, Lifetime]
) -> dict[tuple[Run, int], int]:
    """The last moment that needs each storage of each run for the backward pass."""
    found: dict[tuple[Run, int], int] = {}
    maker = {storage: trace.calls[one.born].checkpoints for storage, one in life.items()}

    def keep(run: Run, activation: int, moment: int) -> None:
        storage = trace.activations[activation].storage
        if storage in life:
            place = _common(run, maker[storage]), storage
            found[place] = max(found.get(place, 0), moment)

    for step in kept:
        for activation in step.activations:
            keep(trace.calls[step.call].checkpoints, activation, schedule.back[step.call])
    for call in trace.calls:
        for run in around(call):
            for port in call.inputs if run in schedule.made else ():
                storage = trace.activations[port.activation].storage
                if maker.get(storage, ())[: len(run)] != run:
                    keep(run[:-1], port.activation, schedule.through[run])
    return found


def _outside(
    trace: Trace, kept: tuple[Saved, ...], schedule: Schedule, life: dict[int, Lifetime]
) -> Iterator[Span]:
    """What is saved that no call of the trace makes."""
    seen = set(life)
    for step in kept:
        made = schedule.made[trace.calls[step.call].checkpoints]
        first, back = made.get(step.call, schedule.back[step.call]), schedule.back[step.call]
        nbytes = step.beside
        for activation in step.activations:
            found = trace.activations[activation]
            if found.storage not in seen:
                seen.add(found.storage)
                nbytes += found.tensor.nbytes
        yield Span(first, back, nbytes, kept=True)


def _within_attention(trace: Trace, kept: tuple[Saved, ...], schedule: Schedule) -> Iterator[Span]:
    """What attention holds while it runs forward, beside what it saves then."""
    saved_by = {one.call: one.beside for one in kept}
    for index in trace.steps:
        call = trace.calls[index]
        if isinstance(call.op, Attention):
            needed = attention.at_work(trace, call, call.op)
            for run in ((), *around(call)):
                if index in schedule.made.get(run, {}):
                    now = schedule.made[run][index]
                    beside = saved_by.get(index, 0) if run == call.checkpoints else 0
                    yield Span(now, now, max(0, needed - beside))


def _common(one: Run, other: Run) -> Run:
    """The checkpoints that both are in."""
    depth = 0
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    return one[:depth]
