"""The roofline: whether a step is bound by arithmetic or by moving its data.

A step of F floating-point operations (two for each multiply-accumulate) that moves B bytes has the
arithmetic intensity F/B. On a device of peak P and bandwidth W it takes at least the larger of F/P
and B/W: it is bound by compute where F/B exceeds P/W, and by memory below.

B is counted as if every step read its inputs and weights once and wrote its outputs once, with
nothing kept in a cache from one step to the next and no steps fused.

Source: Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009, doi:10.1145/1498765.1498785.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Reshape, same_values


@dataclass(frozen=True, slots=True)
class Device:
    """What a device can do at best."""

    peak: float
    """Floating-point operations per second."""
    bandwidth: float
    """Bytes per second to and from its memory."""

    @property
    def ridge(self) -> float:
        """The intensity at which both bounds are equal, in operations per byte."""
        return self.peak / self.bandwidth


@dataclass(frozen=True, slots=True)
class Step:
    """What one step does and moves."""

    call: int
    flops: int
    nbytes: int

    @property
    def intensity(self) -> float:
        """Operations per byte moved; 0 for a step that moves nothing."""
        return self.flops / self.nbytes if self.nbytes else 0.0

    def bound(self, device: Device) -> Literal["compute", "memory"]:
        """Which side of the ridge it is on."""
        return "compute" if self.intensity >= device.ridge else "memory"

    def seconds(self, device: Device) -> float:
        """The least time it can take there."""
        return max(self.flops / device.peak, self.nbytes / device.bandwidth)


def steps(survey: Survey) -> tuple[Step, ...]:
    """Every step that moves data, in order; a view of its input moves none."""
    trace = survey.trace
    found = []
    for index in trace.steps:
        call = trace.calls[index]
        storages = {trace.activations[port.activation].storage for port in call.inputs}
        made = [trace.activations[port.activation] for port in call.outputs]
        is_view = isinstance(call.op, Reshape) or same_values(call.op)
        if is_view and all(tensor.storage in storages for tensor in made):
            continue
        weights = sum(
            own.tensor.nbytes
            for module in (parameters.subtree(trace, call.module) if call.module else ())
            for own in module.parameters
        )
        moved = sum(trace.spec(port).nbytes for port in call.inputs)
        written = sum(tensor.tensor.nbytes for tensor in made)
        macs = survey.amounts(index, trace.last_descendant[index]).macs
        found.append(Step(index, 2 * macs, moved + written + weights))
    return tuple(found)
