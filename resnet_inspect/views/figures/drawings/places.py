"""The places on a tensor's way: what each section of the network gives, and of which size."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Create, Reshape
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.words.text import map_shape, one_cell_each


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the way: what a section of the network gives."""

    name: str
    short: str
    channels: int
    extent: int
    """Height of its map; 1 where it has none."""
    first: int
    last: int
    """The calls that lead to it; none for the input."""
    shape: Shape

    def labels(self, ascii: bool) -> tuple[str, str]:
        """Channels and size of the map apart: 64 and 56²."""
        whole = map_shape(self.shape, ascii=ascii)
        cross = "x" if ascii else "×"
        channels, _, rest = whole.partition(cross)
        return channels, rest


def places_of(survey: Survey) -> list[Place]:
    """The places of a network in order: input, stem, stages and head; or its runs of maps."""
    trace = survey.trace
    calls = len(trace.calls) - 1
    found = []
    if trace.inputs:
        found.append(_a_place(trace, "input", "in", trace.inputs[0].activation, 0, -1))
    stages = survey.anatomy.stages
    if not stages:
        return [*found, *_divided(trace)]
    reached = 0
    if trace.steps[0] < stages[0].first:
        found.append(_a_place(trace, "stem", "stem", stages[0].input, 1, stages[0].first - 1))
        reached = stages[0].first - 1
    for stage in stages:
        name, short = f"stage {stage.number}", f"{stage.number}"
        found.append(_a_place(trace, name, short, stage.output, reached + 1, stage.last))
        reached = stage.last
    if trace.outputs and trace.steps[-1] > reached:
        end = trace.outputs[0].activation
        found.append(_a_place(trace, "head", "head", end, reached + 1, calls))
    return found


def _divided(trace: Trace) -> list[Place]:
    """A network without stages: what stands at the end of each run of maps of one height."""
    runs: list[tuple[int, int]] = []
    for step in trace.steps:
        call = trace.calls[step]
        if not call.outputs or isinstance(call.op, Create):
            continue
        made = call.outputs[0].activation
        sizes = trace.activations[made].tensor.shape
        if isinstance(call.op, Reshape) and len(sizes) < 3 and runs:
            continue  # the same elements, laid out for the classifier
        before = trace.activations[runs[-1][1]].tensor.shape if runs else None
        if before is not None and _extent(before) == _extent(sizes) and len(before) == len(sizes):
            runs[-1] = (step, made)
        else:
            runs.append((step, made))
    found: list[Place] = []
    reached = 0
    for number, (step, made) in enumerate(runs, start=1):
        last = len(trace.calls) - 1 if number == len(runs) else step
        call = trace.calls[step]
        name = one_cell_each(call.path)
        found.append(_a_place(trace, name, str(number), made, reached + 1, last))
        reached = step
    return found


def _a_place(trace: Trace, name: str, short: str, activation: int, first: int, last: int) -> Place:
    sizes = trace.activations[activation].tensor.shape
    channels = sizes[1] if len(sizes) > 1 else sizes[0] if sizes else 1
    return Place(name, short, channels, _extent(sizes), first, last, sizes)


def _extent(sizes: Shape) -> int:
    return sizes[-2] if len(sizes) > 3 else sizes[2] if len(sizes) == 3 else 1
