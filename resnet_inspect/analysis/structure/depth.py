"""How deep a network is: the weighted layers on the longest way from its input to its output.

That is the number in the names of the ResNets (He et al. 2015, table 1): convolutions and linear
layers count; norms, pools and activations do not, nor does a projection, since the branch beside it
is the longer way. What computes a gate (squeeze and excitation) scales a way and is none itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Conv, Elementwise, Linear


@dataclass(frozen=True, slots=True)
class Depth:
    """The weighted layers on the longest way through a network."""

    convolutions: tuple[int, ...]
    """Their calls, in order."""
    linear: tuple[int, ...]
    """The calls of its linear layers, in order."""
    projections: tuple[int, ...]
    """Weighted calls on the shortcuts of blocks, which are not on that way."""
    gates: tuple[int, ...]
    """The calls on that way that multiply a map by a smaller tensor."""

    @property
    def layers(self) -> int:
        """How many there are."""
        return len(self.convolutions) + len(self.linear)


def of_network(survey: Survey) -> Depth:
    """The depth of a network; of several ways of one length, any."""
    way = _longest_way(survey)
    calls = survey.trace.calls
    weighted = {step for step in survey.trace.steps if isinstance(calls[step].op, Conv | Linear)}
    bypassed = {step for block in survey.anatomy.blocks for step in block.bypass}
    return Depth(
        convolutions=tuple(step for step in way if isinstance(calls[step].op, Conv)),
        linear=tuple(step for step in way if isinstance(calls[step].op, Linear)),
        projections=tuple(sorted((bypassed & weighted) - set(way))),
        gates=tuple(step for step in way if len(_ways(survey.trace, step)) < _inputs(calls[step])),
    )


def _longest_way(survey: Survey) -> list[int]:
    """The steps on the way to an output that passes the most weighted layers, in order."""
    trace = survey.trace
    length: dict[int, int] = {}
    maker: dict[int, tuple[int, int | None]] = {}
    for step in trace.steps:
        call = trace.calls[step]
        taken = {port.activation for port in call.inputs}
        longest = max(
            _ways(trace, step), key=lambda activation: length.get(activation, 0), default=None
        )
        if longest not in maker:  # an input, or what no recorded call has made yet
            longest = None
        passed = 0 if longest is None else length[longest]
        for port in call.outputs:
            if port.activation not in maker and port.activation not in taken:
                length[port.activation] = passed + isinstance(call.op, Conv | Linear)
                maker[port.activation] = (step, longest)
    ends = [port.activation for port in trace.outputs if port.activation in length] or list(length)
    at: int | None = max(ends, key=lambda activation: length[activation], default=None)
    way = []
    while at in maker:
        step, at = maker[at]
        way.append(step)
    return way[::-1]


def _ways(trace: Trace, step: int) -> set[int]:
    """The activations by which a way comes to a step: of a product, the largest it takes."""
    call = trace.calls[step]
    sizes = {port.activation: trace.spec(port).elements for port in call.inputs}
    if not (isinstance(call.op, Elementwise) and call.op.name == "mul"):
        return set(sizes)
    return {activation for activation, size in sizes.items() if size == max(sizes.values())}


def _inputs(call: Call) -> int:
    return len({port.activation for port in call.inputs})
