"""The schedule of a training step: the moments of its forward and of its backward pass.

The backward pass takes the steps in turn, the last first. Before it takes the first step of a
checkpoint (`torch.utils.checkpoint`), that is run again; one inside another is run again inside
that. A reentrant one is run again to its end, another only until all is saved.
"""

from __future__ import annotations

from resnet_inspect.analysis.cost.gradients import Run, around
from resnet_inspect.analysis.cost.saved_tensors import Saved
from resnet_inspect.traces.model import Trace


class Schedule:
    """When each call of a trace is made, and when its backward pass is.

    Moments are numbered; those of the forward pass are the indexes of its calls. A run is the
    forward pass, or a checkpoint that is run again.
    """

    made: dict[Run, dict[int, int]]
    """For each run, the moment of each call that is made in it."""
    ends: dict[Run, int]
    """The last moment of each run; of the forward pass, the one behind its calls."""
    back: dict[int, int]
    """For each step with a gradient, the moment of its backward pass."""
    through: dict[Run, int]
    """When the backward pass of each checkpoint is through."""
    again: tuple[int, ...]
    """The steps that are run again, once for each time."""
    end: int
    """The last moment of all."""

    def __init__(self, trace: Trace, saved: tuple[Saved, ...]) -> None:
        now = len(trace.calls)
        self.made = {(): {index: index for index in range(now)}}
        self.ends, self.back, self.through = {(): now}, {}, {}
        again: list[int] = []
        steps = set(trace.steps)
        regions = _regions(trace)
        lasts = _lasts(trace, saved, regions)
        for step in reversed(saved):
            for run in around(trace.calls[step.call]):
                if run not in self.made:
                    last = regions[run][-1] if run[-1].reentrant else lasts.get(run, -1)
                    inside = [index for index in regions[run] if index <= last]
                    self.made[run] = {index: now + n for n, index in enumerate(inside, start=1)}
                    again += [index for index in inside if index in steps]
                    now += 1 + len(inside)
                    self.ends[run] = now
            now += 1
            self.back[step.call] = now
            self.through |= dict.fromkeys(around(trace.calls[step.call]), now)
        self.again, self.end = tuple(again), now


def _regions(trace: Trace) -> dict[Run, list[int]]:
    """The calls in each checkpoint."""
    found: dict[Run, list[int]] = {}
    for call in trace.calls:
        for run in around(call):
            found.setdefault(run, []).append(call.index)
    return found


def _lasts(trace: Trace, saved: tuple[Saved, ...], regions: dict[Run, list[int]]) -> dict[Run, int]:
    """For each checkpoint, the last call that is made before all in it is saved.

    What a step saves of its inputs is saved before it is made; so is what a checkpoint takes,
    unless it is reentrant.
    """
    found: dict[Run, int] = {}
    for step in saved:
        call = trace.calls[step.call]
        made = {port.activation for port in call.outputs}
        last = step.call - 1
        if step.beside or not made.isdisjoint(step.activations):
            last = trace.last_descendant[step.call]
        elif not step.activations:
            continue
        for run in reversed(tuple(around(call))):
            found[run] = max(last, found.get(run, last))
            last = regions[run][-1] if run[-1].reentrant else run[-1].first - 1
    return found
