"""Means, sums and the like."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from resnet_inspect.analysis.geometry.layout import held, other
from resnet_inspect.analysis.geometry.motion import mixed
from resnet_inspect.analysis.geometry.rules.reshapes import reduced
from resnet_inspect.analysis.geometry.state import Given, Known, Lost, State
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Reduce
from resnet_inspect.traces.tensors import Shape


def reduce(call: Call, op: Reduce, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """What is made of all along some dimensions."""
    state = given[0]
    if len(given) > 1:  # the larger of two, where it is no reduction
        same = all(len(s) <= len(shape) for s in before)
        if op.name in {"max", "min"} and same and max(map(prod, before)) <= prod(shape):
            return joined(given, shape, call.path)
        return Lost(call.path)
    if op.name in {"nms", "batched_nms", "searchsorted"}:
        return Lost(call.path)
    if op.dims is None and not any(map(held, state.layout)):
        return featureless(state, shape)
    found = reduced(op.dims, before[0], shape, state.layout)
    if found is None:
        return Lost(call.path)
    dims, keeps = found
    by_value = op.name in {"cumsum", "cumprod", "topk", "kthvalue", "median", "mode", "quantile"}
    if by_value and any(held(state.layout[place]) for place in dims):
        return Lost(call.path)
    for place in dims:
        state = mixed(state, place, call.path, shape[place] if keeps else 1)
    if keeps:
        return state
    return state._replace(layout=tuple(d for p, d in enumerate(state.layout) if p not in dims))


def featureless(state: State, shape: Shape) -> State:
    """With dimensions that hold no positions."""
    return state._replace(layout=tuple(map(other, shape)))
