"""What keeps every element in its place: arithmetic, activations, norms."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from resnet_inspect.analysis.geometry.layout import Layout, axes, held, other
from resnet_inspect.analysis.geometry.motion import mixed
from resnet_inspect.analysis.geometry.rules.gates import scaled
from resnet_inspect.analysis.geometry.state import Everything, Given, Known, Lost
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Activate, Create, Elementwise, Norm
from resnet_inspect.traces.tensors import Shape

_BY_POSITION = {"group", "instance", "evo", "filter response"}
"""Norms whose statistics are of all positions."""


def norm(call: Call, op: Norm, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """A norm: elements stay where they are, and depend on others through its statistics."""
    state = given[0]
    others = [more for more in given[1:] if more.sees]
    if len(state.layout) != len(shape) or not all(more.summary for more in others):
        return Lost(call.path)
    if others and not state.statistics:  # those that it is given are of a map
        state = state._replace(statistics=call.path)
    if op.kind == "local response":
        return state
    rank = len(shape)
    if op.kind == "batch" or (op.kind == "instance" and op.of_input is False):
        over: Sequence[int] = [p for p in range(rank) if p != 1] if op.of_input else ()
    elif op.kind in _BY_POSITION:
        over = range(1, rank)
    elif op.dims is not None:
        over = [place % rank for place in op.dims if -rank <= place < rank]
    else:
        over = _normalised(op.num_features, shape, state.layout)
    theirs = {axis for place in over for axis in held(state.layout[place])}
    if theirs >= axes(state.layout):
        return state._replace(statistics=state.statistics or call.path) if theirs else state
    for place in over:
        state = mixed(state, place, call.path)
    return state


def _normalised(features: int, shape: Shape, layout: Layout) -> Sequence[int]:
    """The dimensions of which a layer norm has that many elements: the last, or the channels.

    Where both have, those that hold no positions.
    """
    fitting = [
        tuple(range(first, len(shape)))
        for first in range(len(shape) - 1, 0, -1)
        if prod(shape[first:]) == features
    ]
    if len(shape) > 2 and shape[1] == features:
        fitting.append((1,))
    free = [over for over in fitting if not any(held(layout[place]) for place in over)]
    return (free or fitting or [tuple(range(1, len(shape)))])[0]


_TOGETHER = {
    "softmax", "log_softmax", "logsoftmax", "softmin", "softmax2d", "normalize", "gumbel_softmax",
}  # fmt: skip
"""Activations of which each element depends on those beside it."""


def activate(
    call: Call, op: Activate, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    """A nonlinearity: of each element by itself, or of all along some dimensions."""
    state = given[0]
    if any(more.sees for more in given[1:]):
        return elementwise(call, Elementwise(op.name), given, before, shape)
    if shape != before[0]:  # glu: one half gates the other
        places = [p for p, (a, b) in enumerate(zip(before[0], shape, strict=False)) if a != b]
        if len(shape) != len(before[0]) or len(places) != 1 or held(state.layout[places[0]]):
            return Lost(call.path)
        return state.replaced(places[0], other(shape[places[0]]))
    if op.name not in _TOGETHER:
        return state
    rank = len(shape)
    dims = (rank - 3,) if op.name == "softmax2d" else op.dims
    if dims is None:
        is_clear = all(isinstance(one, Everything) for one in state.seen)
        return state if is_clear or not any(map(held, state.layout)) else Lost(call.path)
    for place in dims:
        state = mixed(state, place % rank, call.path)
    return state


def elementwise(
    call: Call, op: Elementwise, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    """Arithmetic of elements at the same place, each tensor broadcast."""
    if op.name == "one_hot":
        return given[0]._replace(layout=(*given[0].layout, other(shape[-1])))
    if op.name == "setitem":
        if any(more.sees for more in given[1:]):
            return Lost(call.path)
        return given[0]
    if op.name == "identity":  # one of several is handed on
        same = [one for one, of in zip(given, before, strict=True) if of == shape]
        return same[0] if len(same) == 1 else Lost(call.path)
    if len(given) == 1 and len(given[0].layout) == len(shape) and before[0] == shape:
        return given[0]
    return scaled(call.path, op.name, given, shape)


def create(call: Call, op: Create, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """Numbers that are drawn from a distribution which tensors give."""
    return joined(given, shape, call.path)
