"""What is alive in a training step: activations, and the gradients of activations.

A checkpoint (`torch.utils.checkpoint`) keeps what it takes until its backward pass is through, a
reentrant one also what it gives; what its steps save is saved when it is run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.cost import flow, lives, saved
from resnet_inspect.analysis.cost.course import Course
from resnet_inspect.analysis.cost.gradients import Run, around
from resnet_inspect.analysis.cost.lives import Span
from resnet_inspect.analysis.cost.saved import Saved
from resnet_inspect.traces.model import Trace


@dataclass(frozen=True, slots=True)
class Step:
    """The memory of a training step, beside the weights and the input."""

    saved: int
    """Bytes saved when the forward pass ends."""
    held: int
    """Bytes of activations and their gradients at the fullest moment."""


def of(trace: Trace) -> Step:
    """The training step of a traced network."""
    kept = saved.of(trace)
    course = Course(trace, kept)
    spans = [*_activations(trace, kept, course), *flow.spans(trace, course)]
    end = course.ends[()]
    at_end = sum(span.nbytes for span in spans if span.kept and span.first < end <= span.last)
    return Step(at_end, lives.fullest(spans))


def _common(one: Run, other: Run) -> Run:
    depth = 0
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    return one[:depth]


def _activations(trace: Trace, kept: tuple[Saved, ...], course: Course) -> Iterator[Span]:
    """How long what the forward pass makes is alive, in each run of it."""
    life = lives.of(trace)
    until: dict[tuple[Run, int], int] = {}

    def maker(storage: int) -> Run:
        return trace.calls[life[storage].born].checkpoints if storage in life else ()

    def keep(run: Run, storage: int, moment: int) -> None:
        place = _common(run, maker(storage)), storage
        until[place] = max(until.get(place, 0), moment)

    outside: dict[int, Span] = {}
    for step in kept:
        call = trace.calls[step.call]
        back, run = course.back[step.call], call.checkpoints
        for activation in step.activations:
            found = trace.activations[activation]
            keep(run, found.storage, back)
            if found.storage not in life:
                first = course.made[run].get(step.call, course.ends[run])
                outside.setdefault(found.storage, Span(first, back, found.tensor.nbytes, kept=True))
        if step.beside:
            yield Span(course.made[run][step.call], back, step.beside, kept=True)
    yield from outside.values()
    for call in trace.calls:
        for run in around(call):
            for port in call.inputs if run in course.made else ():
                storage = trace.activations[port.activation].storage
                if maker(storage)[: len(run)] != run:
                    keep(run[:-1], storage, course.through[run])
    for storage, one in life.items():
        for run in ((), *around(trace.calls[one.born])):
            if one.born not in course.made.get(run, ()):
                continue
            made, end = course.made[run], course.ends[run]
            last = made.get(one.dies, end)
            if not run and one.dies == end:
                last = course.end
            elif run and run[-1].reentrant and one.dies > max(made):
                last = course.through[run]
            held = until.get((run, storage), 0)
            yield Span(made[one.born], max(last, held), one.nbytes, kept=held > end)
