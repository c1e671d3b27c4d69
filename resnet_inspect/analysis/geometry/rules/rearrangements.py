"""Elements that change places, or are taken several times: rolls, turns, patches."""

from __future__ import annotations

from resnet_inspect.analysis.geometry.layout import (
    Dimension,
    Layout,
    held,
    length_of,
    other,
    viewed,
)
from resnet_inspect.analysis.geometry.motion import backwards, mixed, one_axis, out_of_order, slid
from resnet_inspect.analysis.geometry.rules.sliding_windows import raised
from resnet_inspect.analysis.geometry.state import Everything, Known, Lost, State
from resnet_inspect.analysis.geometry.windows import Windows
from resnet_inspect.traces.ops import Reshape, Window
from resnet_inspect.traces.tensors import Shape


def rearranged(call: str, op: Reshape, state: State, before: Shape, shape: Shape) -> Known | None:
    """The state behind such an op; None where it is another, or not known how it was called."""
    if op.name == "flip" and op.dims is not None and before == shape:
        return backwards(state, op.dims, call)
    if op.name == "roll" and op.dims is not None and op.shifts is not None and before == shape:
        return _rolled(call, op.dims, op.shifts, state, shape)
    if op.slides is None:
        return None
    if op.name == "unfold":
        return _unfolded(call, op, op.slides, state, before, shape)
    return _folded(call, op.slides, state, shape) if op.name == "fold" else None


def or_lost(call: str, state: State, layout: Layout | None, shape: Shape) -> Known:
    """With that layout; where it is not known, only what sees all, without positions, goes on."""
    if layout is not None:
        return state._replace(layout=layout)
    if any(map(held, state.layout)) or not all(
        one is None or isinstance(one, Everything) for one in state.seen
    ):
        return Lost(call)
    return state._replace(layout=tuple(map(other, shape)))


def _rolled(
    call: str, dims: tuple[int, ...], shifts: tuple[int, ...], state: State, shape: Shape
) -> Known:
    """Behind a roll, which moves all windows alike and wraps around at a seam."""
    for place, shift in zip(dims, shifts, strict=True):
        size = shape[place]
        far = shift % size if size else 0
        if not far or not held(state.layout[place]):
            continue
        if any(isinstance(state.seen[axis], Windows) for axis in held(state.layout[place])):
            state = state._replace(seam=state.seam or call)
        state = slid(state, place, call, size, min(-far, size - far, key=abs), 1, 1, 1)
    return state


def _opened(
    state: State, place: int, call: str, count: int, k: int, s: int, p: int, d: int
) -> tuple[State, Dimension]:
    """With `count` windows in a dimension; and the dimension of the places in a window."""
    if not held(state.layout[place]):
        return state.replaced(place, other(count)), other(k)
    padded = length_of(state.layout[place]) + 2 * p
    ready = one_axis(slid(state, place, call, padded, -p, 1, 1, 1), place)
    if ready is None:
        return out_of_order(state, place, call, count), other(k)
    ((_, axis, _),) = ready.layout[place]
    windows: Dimension = ((count, axis, s),) if count > 1 else ()
    return ready.replaced(place, windows), ((k, axis, d),) if k > 1 else ()


def _unfolded(
    call: str, op: Reshape, window: Window, state: State, before: Shape, shape: Shape
) -> Known:
    """Patches: of a map, in columns of channels and places; or along one dimension, in a new."""
    sides = zip(window.kernel_size, window.stride, window.padding, window.dilation, strict=True)
    if op.dims is not None:
        (place,), (side,) = op.dims, sides
        state, within = _opened(state, place, call, shape[place], *side)
        return state._replace(layout=(*state.layout, within))
    first = len(before) - 2
    column = state.layout[first - 1]
    columns: Dimension = ()
    for i, (k, s, p, d) in enumerate(sides):
        count = _count(before[first + i], k, s, p, d)
        state, within = _opened(state, first + i, call, count, k, s, p, d)
        column += within
        columns += state.layout[first + i]
    return state._replace(layout=(*state.layout[: first - 1], column, columns))


def _folded(call: str, window: Window, state: State, shape: Shape) -> Known:
    """Patches back on a map, where each position adds up all that lie on it."""
    sides = tuple(
        zip(window.kernel_size, window.stride, window.padding, window.dilation, strict=True)
    )
    first = len(shape) - 2
    counts = tuple(_count(n, *side) for n, side in zip(shape[first:], sides, strict=True))
    windows: Layout | None = viewed(state.layout[-1:], counts)
    if windows is None:
        return or_lost(call, state, None, shape)
    state = mixed(state, first - 1, call, shape[first - 1])
    state = state._replace(layout=(*state.layout[:first], *windows))
    for i, (k, s, p, d) in enumerate(sides):
        state = raised(state, first + i, call, shape[first + i], k, s, p, d)
    return state


def _count(size: int, k: int, s: int, p: int, d: int) -> int:
    """How many windows fit."""
    return (size + 2 * p - d * (k - 1) - 1) // s + 1
