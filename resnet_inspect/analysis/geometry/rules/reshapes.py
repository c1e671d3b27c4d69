"""Where positions go in reshapes: views, permutations, slices, pads, and what selects by index."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from resnet_inspect.analysis.geometry.layout import (
    Layout,
    held,
    other,
    permutation,
    viewed,
)
from resnet_inspect.analysis.geometry.motion import at_once, slid
from resnet_inspect.analysis.geometry.rules.rearrangements import or_lost, rearranged
from resnet_inspect.analysis.geometry.state import Given, Known, Lost, State
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Reshape
from resnet_inspect.traces.tensors import Shape

LIKE_ANOTHER = {"view_as", "reshape_as", "expand_as", "type_as", "to", "type"}
"""What takes a second tensor for its shape or element type alone."""

_SAME = {
    "contiguous", "detach", "clone", "to", "type", "type_as", "float", "double", "half", "bfloat16",
    "int", "long", "bool", "cpu", "cuda", "data", "real", "imag", "requires_grad", "resolve_conj",
    "alias", "tril", "triu", "as_tensor",
}  # fmt: skip
_VIEWS = {
    "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "squeeze",
    "unsqueeze", "atleast_1d", "atleast_2d", "atleast_3d",
}  # fmt: skip
_PERMUTATIONS = {
    "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "H",
    "mH", "adjoint",
}  # fmt: skip
_BROADCASTS = {"expand", "expand_as", "broadcast_to", "repeat", "tile", "repeat_interleave"}
_PARTS = {
    "chunk", "split", "tensor_split", "hsplit", "vsplit", "dsplit", "narrow", "select", "unbind",
    "slice", "getitem", "iter",
}  # fmt: skip
_ALONG = {"roll", "flip", "fliplr", "flipud", "rot90", "sort", "argsort", "index_select"}
"""What moves or picks along the dimensions that are recorded with it."""


def reshape(call: Call, op: Reshape, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """The same elements, or some of them, in another shape or order."""
    return _reshaped(call.path, op, given, before[0], shape)


def _reshaped(call: str, op: Reshape, given: Given, before: Shape, shape: Shape) -> Known:
    state, name = given[0], op.name
    if any(more.sees for more in given[1:]):
        return Lost(call)
    if name in _SAME and before == shape:
        return state
    if len(op.starts) == len(op.steps) == len(before):
        return _cut(call, op, state, before, shape)
    if name in _VIEWS:
        layout = state.layout if before == shape else viewed(state.layout, shape)
        if layout is None:
            state = at_once(state)
            layout = viewed(state.layout, shape)
        return or_lost(call, state, layout, shape)
    if name in _PERMUTATIONS:
        return _permuted(call, op, state, before, shape)
    if name == "channelshuffle" or name == "channel_shuffle":
        free = len(state.layout) > 1 and not held(state.layout[1])
        return state if free and before == shape else or_lost(call, state, None, shape)
    if name in _BROADCASTS:
        return _broadcast(call, state, before, shape)
    if name in _PARTS:
        return part(call, op, state, before, [shape], 0)
    moved = rearranged(call, op, state, before, shape)
    if moved is not None:
        return moved
    if name in _ALONG and op.dims is not None and len(before) == len(shape):
        places = [place % len(before) for place in op.dims]
        if not any(held(state.layout[place]) for place in places):
            for place in places:
                state = state.replaced(place, other(shape[place]))
            return state
    if name == "embedding" and len(shape) == len(before) + 1:
        return state._replace(layout=(*state.layout, other(shape[-1])))
    return or_lost(call, state, None, shape)


def _permuted(call: str, op: Reshape, state: State, before: Shape, shape: Shape) -> Known:
    dims: Sequence[int] | None = op.dims
    if dims is None:
        dims = permutation(before, shape, state.layout)
    if dims is None or sorted(dims) != list(range(len(before))):
        return or_lost(call, state, None, shape)
    return state._replace(layout=tuple(state.layout[place] for place in dims))


def _broadcast(call: str, state: State, before: Shape, shape: Shape) -> Known:
    new = len(shape) - len(before)
    if new < 0:
        return or_lost(call, state, None, shape)
    layout = [*(other(size) for size in shape[:new]), *state.layout]
    for place, size in enumerate(before, new):
        if shape[place] != size:
            if held(layout[place]) and size > 1:
                return or_lost(call, state, None, shape)
            layout[place] = other(shape[place])
    return state._replace(layout=tuple(layout))


def _cut(call: str, op: Reshape, state: State, before: Shape, shape: Shape) -> Known:
    """A slice or a pad: the first element and the step of each dimension are known."""
    dims = op.dims if op.dims is not None else tuple(range(len(before)))
    if len(dims) != len(shape):
        return or_lost(call, state, None, shape)
    sizes = {place: shape[at] for at, place in enumerate(dims) if place >= 0}
    for place, (first, step) in enumerate(zip(op.starts, op.steps, strict=True)):
        size = sizes.get(place, 1)
        if (first, step, size) == (0, 1, before[place]):
            continue
        if step < 1 and held(state.layout[place]):
            return or_lost(call, state, None, shape)
        state = slid(state, place, call, size, first, 1, 1, step)
        if place not in sizes and held(state.layout[place]):
            # One position is left, and no dimension to tell which.
            state = state.replaced(place, ())
    layout = tuple(state.layout[place] if place >= 0 else () for place in dims)
    return state._replace(layout=layout)


def part(
    call: str, op: Reshape, state: State, before: Shape, shapes: Sequence[Shape], place: int
) -> Known:
    """One of the parts that a tensor is split into, which follow each other along a dimension."""
    shape = shapes[place]
    if len(shape) == len(before) - 1:  # unbind, select, an index
        gone = op.dims[0] % len(before) if op.dims is not None and len(op.dims) == 1 else None
        places = [
            p
            for p in range(len(before))
            if gone in (None, p) and (*before[:p], *before[p + 1 :]) == shape
        ]
        if not places or any(held(state.layout[p]) for p in places):
            return or_lost(call, state, None, shape)
        layouts = {(*state.layout[:p], *state.layout[p + 1 :]) for p in places}
        return or_lost(call, state, layouts.pop() if len(layouts) == 1 else None, shape)
    if len(shape) != len(before):
        return or_lost(call, state, None, shape)
    changed = [p for p, (a, b) in enumerate(zip(before, shape, strict=True)) if a != b]
    if not changed and op.name in {"chunk", "split", "tensor_split"}:
        return state
    if len(changed) != 1:
        return or_lost(call, state, None, shape)
    at = changed[0]
    if not held(state.layout[at]):
        return state.replaced(at, other(shape[at]))
    if op.name in {"chunk", "split"} and sum(s[at] for s in shapes) == before[at]:
        return slid(state, at, call, shape[at], sum(s[at] for s in shapes[:place]), 1, 1, 1)
    return or_lost(call, state, None, shape)


def reduced(
    dims: Sequence[int] | None, before: Shape, shape: Shape, layout: Layout
) -> tuple[tuple[int, ...], bool] | None:
    """The dimensions of a reduction, and whether they are kept with another size; None if unclear.

    Where they were not recorded they are told from the shapes, if only one choice fits.
    """
    rank = len(before)
    if dims is not None:
        places = tuple(sorted({place % rank for place in dims})) if rank else ()
        if len(shape) == rank:
            return places, True
        return (places, False) if len(shape) == rank - len(places) else None
    if len(shape) == rank:
        changed = tuple(p for p in range(rank) if before[p] != shape[p])
        unclear = any(before[p] == shape[p] == 1 and held(layout[p]) for p in range(rank))
        return None if unclear or not changed else (changed, True)
    if prod(shape) == 1 and not shape:
        return tuple(range(rank)), False
    found = set(_subsequences(before, shape))
    if len(found) == 1:
        return found.pop(), False
    kinds = {tuple(layout[p] for p in range(rank) if p not in gone) for gone in found}
    return (found.pop(), False) if len(kinds) == 1 else None


def _subsequences(before: Shape, shape: Shape) -> list[tuple[int, ...]]:
    """All ways to leave out dimensions of `before` so that `shape` is left."""
    found: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for place, size in enumerate(before):
        found = [
            way
            for gone, at in found
            for way in (
                [((*gone, place), at)] + ([(gone, at + 1)] if shape[at : at + 1] == (size,) else [])
            )
        ][:512]
    return [gone for gone, at in found if at == len(shape)]
