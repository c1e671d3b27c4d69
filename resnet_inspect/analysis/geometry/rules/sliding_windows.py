"""Convolutions and pools: windows that slide."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from resnet_inspect.analysis.geometry.layout import held
from resnet_inspect.analysis.geometry.motion import mixed, out_of_order, slid, through
from resnet_inspect.analysis.geometry.rules.gates import is_gate
from resnet_inspect.analysis.geometry.state import Given, Known, Lost, State
from resnet_inspect.analysis.geometry.windows import LONGEST
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import AdaptivePool, Conv, Pool
from resnet_inspect.traces.tensors import Shape


def conv(call: Call, op: Conv, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """A convolution or its transpose, also with weights that are computed from all of the map."""
    window, state = op.window, given[0]
    count = len(window.kernel_size)
    channels = len(state.layout) - count - 1
    if channels < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    gate = ""
    for more in given[1:]:
        if call.module is not None and more.sees:
            return Lost(call.path)  # the offsets of a deformable convolution
        if more.sees:  # weights that are computed from the map
            if not is_gate(more):
                return Lost(call.path)
            gate = call.path
    if not op.groups == op.in_channels == op.out_channels:  # a depthwise one mixes none
        state = mixed(state, channels, call.path, shape[channels])
    for i in range(count):
        place, size = channels + 1 + i, shape[channels + 1 + i]
        k, s, p, d = (
            window.kernel_size[i], window.stride[i], window.padding[i], window.dilation[i],
        )  # fmt: skip
        if op.transposed:
            state = raised(state, place, call.path, size, k, s, p, d)
        else:
            state = slid(state, place, call.path, size, -p, k, d, s)
    return state._replace(gate=state.gate or gate)


def raised(state: State, place: int, call: str, size: int, k: int, s: int, p: int, d: int) -> State:
    """Behind a transposed convolution: input i reaches the outputs s·i − p + d·t for t below k."""
    if k > LONGEST and held(state.layout[place]):
        return out_of_order(state, place, call, size)

    def taken(element: int) -> list[int]:
        found = [(element + p - d * t) // s for t in range(k) if (element + p - d * t) % s == 0]
        return found or [(element + p) // s]

    return through(state, place, call, size, s, 1, taken)


def pool(call: Call, op: Pool, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """A pool with a fixed window; one that covers the map sees all."""
    window, state = op.window, given[0]
    count = len(window.kernel_size)
    first = len(state.layout) - count
    if first < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    sizes = before[0][first:]
    takes_all = all(k >= i for k, i in zip(window.kernel_size, sizes, strict=True))
    for i in range(count):
        place, size = first + i, shape[first + i]
        if takes_all and set(shape[first:]) == {1}:
            state = mixed(state, place, call.path, size)
        else:
            state = slid(
                state, place, call.path, size, -window.padding[i], window.kernel_size[i],
                window.dilation[i], window.stride[i],
            )  # fmt: skip
    return state


def adaptive(
    call: Call, op: AdaptivePool, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    """A pool of as many windows as are asked for."""
    state = given[0]
    first = len(state.layout) - len(op.output_size)
    if first < 0 or len(shape) != len(state.layout):
        return Lost(call.path)
    return averaged(state, first, call.path, before[0], shape)


def averaged(state: State, first: int, call: str, before: Shape, shape: Shape) -> State:
    """Behind a pool of windows that cut each dimension from `first` on into equal parts.

    Where they do not fit, windows are of several sizes and overlap: element i of n takes those
    from ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, the last left out.
    """
    for place in range(first, len(shape)):
        size, made = before[place], shape[place]
        if made == 1:
            state = mixed(state, place, call, 1)
            continue
        shared = gcd(size, made)
        period, advance = made // shared, size // shared

        def taken(element: int, period: int = period, advance: int = advance) -> Sequence[int]:
            return range(element * advance // period, -(-(element + 1) * advance // period))

        if size and made:
            state = through(state, place, call, made, period, advance, taken)
    return state
