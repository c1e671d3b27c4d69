"""How deep a network is: the weighted layers on the longest way from its input to its output.

That is the number in the names of the ResNets (He et al. 2015, table 1): convolutions and linear
layers count; norms, pools and activations do not, nor does a projection, since the branch beside it
is the longer way. What computes a gate (squeeze and excitation) scales a way and is none itself,
however it is expanded to the map; an adapter beside a layer is part of that layer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from resnet_inspect.analysis.structure.residual.gates import has_layers, repeated, smaller, ways
from resnet_inspect.analysis.structure.residual.parts import Adapter
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Linear


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
    adapters: tuple[int, ...] = ()
    """Weighted calls beside a layer of that way, which are part of it."""

    @property
    def layers(self) -> int:
        """How many there are."""
        return len(self.convolutions) + len(self.linear)


def of_network(survey: Survey) -> Depth:
    """The depth of a network; of several ways of one length, any."""
    calls = survey.trace.calls
    weighted = {step for step in survey.trace.steps if isinstance(calls[step].op, Conv | Linear)}
    beside = {step for adapter in survey.anatomy.adapters for step in adapter.beside}
    expanded = repeated(survey.trace)
    way = _longest_way(survey, weighted - beside, expanded)
    bypassed = {step for block in survey.anatomy.blocks for step in block.bypass}
    return Depth(
        convolutions=tuple(step for step in way if isinstance(calls[step].op, Conv)),
        linear=tuple(step for step in way if isinstance(calls[step].op, Linear)),
        projections=tuple(sorted((bypassed & weighted) - set(way) - beside)),
        gates=tuple(
            step for step in way if has_layers(survey.trace, smaller(survey.trace, step, expanded))
        ),
        adapters=tuple(sorted(beside & weighted)),
    )


def _longest_way(
    survey: Survey, weighted: Collection[int], expanded: Mapping[int, int]
) -> list[int]:
    """The steps on the way to an output that passes the most weighted layers, in order."""
    trace = survey.trace
    skipped = {
        activation
        for adapter in survey.anatomy.adapters
        for activation in _given_beside(trace, adapter)
    }
    length: dict[int, int] = {}
    maker: dict[int, tuple[int, int | None]] = {}
    for step in trace.steps:
        call = trace.calls[step]
        taken = {port.activation for port in call.inputs}
        longest = max(
            ways(trace, step, expanded) - skipped,
            key=lambda activation: length.get(activation, 0),
            default=None,
        )
        if longest not in maker:  # an input, or what no recorded call has made yet
            longest = None
        passed = 0 if longest is None else length[longest]
        for port in call.outputs:
            if port.activation not in maker and port.activation not in taken:
                length[port.activation] = passed + (step in weighted)
                maker[port.activation] = (step, longest)
    ends = [port.activation for port in trace.outputs if port.activation in length] or list(length)
    at: int | None = max(ends, key=lambda activation: length[activation], default=None)
    way = []
    while at in maker:
        step, at = maker[at]
        way.append(step)
    return way[::-1]


def _given_beside(trace: Trace, adapter: Adapter) -> set[int]:
    """What a sum takes from an adapter."""
    made = {p.activation for step in adapter.beside for p in trace.calls[step].outputs}
    return made & {port.activation for port in trace.calls[adapter.add].inputs}
