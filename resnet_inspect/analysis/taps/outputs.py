"""The answers of a network: what it returns, and the scores that it makes that of."""

from __future__ import annotations

from resnet_inspect.analysis.structure.residual.layers import is_wide
from resnet_inspect.analysis.taps.maps import Maps
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    Conv,
    Elementwise,
    Op,
    Resample,
    Reshape,
    same_values,
)


def find(trace: Trace, maps: Maps) -> set[int]:
    """What the network returns, and the scores that it adds, enlarges or reshapes to that.

    Several maps of different levels are no answer but what the network is for, unless a
    convolution makes a few scores of each position.
    """
    found: set[int] = set()
    waiting = [port.activation for port in trace.outputs]
    # The image itself may be returned, too.
    made = [a for a in maps.together(trace.outputs, 2) if a in trace.producer]
    if not all(_is_of_few(trace, activation) for activation in made):
        return found
    while waiting:
        activation = waiting.pop()
        if activation in found or activation not in trace.producer:
            continue
        found.add(activation)
        call = maker(trace, activation)
        if _is_written_otherwise(call.op):
            waiting += [port.activation for port in call.inputs[:1]]
        elif isinstance(call.op, Elementwise) and all(
            isinstance(_scored(trace, port.activation).op, Conv) for port in call.inputs
        ):
            waiting += [port.activation for port in call.inputs]
    return found


def _is_of_few(trace: Trace, activation: int) -> bool:
    """Whether a convolution makes a map of single positions, or narrows it to half or less."""
    call = _scored(trace, activation)
    if not isinstance(call.op, Conv):
        return False
    return not is_wide(call.op) or 2 * call.op.out_channels <= call.op.in_channels


def _scored(trace: Trace, activation: int) -> Call:
    """What makes the scores that are enlarged or reshaped to this."""
    call = maker(trace, activation)
    while _is_written_otherwise(call.op) and call.inputs:
        call = maker(trace, call.inputs[0].activation)
    return call


def maker(trace: Trace, activation: int) -> Call:
    """The step that makes a tensor; the network's own call of what it is given."""
    return trace.calls[trace.producer.get(activation, 0)]


def _is_written_otherwise(op: Op) -> bool:
    """Whether an op gives the scores that it takes in another size, shape or scale."""
    if isinstance(op, Activate):
        return op.name in ("sigmoid", "softmax", "tanh", "log_softmax")
    return isinstance(op, Resample | Reshape) or same_values(op)
