"""Tensors put side by side."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.geometry.layout import held, other, scattered
from resnet_inspect.analysis.geometry.motion import one_axis, out_of_order
from resnet_inspect.analysis.geometry.state import Given, Known, Lost, Seen
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.analysis.geometry.windows import Windows
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Join
from resnet_inspect.traces.tensors import Shape


def join(call: Call, op: Join, given: Given, before: Sequence[Shape], shape: Shape) -> Known:
    """A cat or a stack: along channels all are at the same place, along positions one by one."""
    rank = len(shape)
    if op.name == "stack":
        given = [s._replace(layout=(*s.layout[: op.dim], (), *s.layout[op.dim :])) for s in given]
    if not 0 <= op.dim < rank or any(len(s.layout) != rank for s in given):
        return Lost(call.path)
    along = {axis for s in given for axis in held(s.layout[op.dim])}
    if len(given) == 1 and op.name != "stack":
        return given[0]
    narrow = (*shape[: op.dim], 1, *shape[op.dim + 1 :])
    if not along:
        given = [s.replaced(op.dim, ()) for s in given]
        made = joined(given, narrow, call.path)
        return made if isinstance(made, Lost) else made.replaced(op.dim, other(shape[op.dim]))
    ready = [one_axis(s, op.dim) if held(s.layout[op.dim]) else s for s in given]
    whole = [s for s in ready if s is not None]
    if len(along) == 1 and len(whole) == len(given):
        sizes = [size[op.dim] for size in before]
        return _one_by_one(call.path, whole, sizes, op.dim, along.pop(), narrow, shape)
    given = [out_of_order(s, op.dim, call.path, 1).replaced(op.dim, ()) for s in given]
    made = joined(given, narrow, call.path)
    if isinstance(made, Lost):
        return made
    return made.replaced(op.dim, scattered(shape[op.dim], along))


def _one_by_one(
    call: str,
    given: Given,
    sizes: Sequence[int],
    dim: int,
    axis: int,
    narrow: Shape,
    shape: Shape,
) -> Known:
    """Parts that follow each other along an axis: the longest says where its windows are.

    Another whose windows do not follow on from those is seen beside the seam.
    """
    made = joined([s.replaced(dim, ()) for s in given], narrow, call)
    if isinstance(made, Lost):
        return made
    found: list[tuple[int, Windows]] = []
    at = 0
    for state, size in zip(given, sizes, strict=True):
        one = state.seen[axis]
        if isinstance(one, Windows):
            moved = one.slid(-at, 1, 1, 1)
            if moved is None:
                return Lost(call)
            found.append((size, moved))
        at += size
    seen: Seen = made.seen[axis]
    seam = made.seam
    if all(one is None or isinstance(one, Windows) for one in (s.seen[axis] for s in given)):
        longest = max(found, key=lambda part: part[0])[1]
        if any(w.size > longest.size or w.jump != longest.jump for _, w in found):
            return Lost(call)
        if any(window != longest for _, window in found):
            seam = seam or call
        seen = longest
    made = made._replace(seen=(*made.seen[:axis], seen, *made.seen[axis + 1 :]), seam=seam)
    return made.replaced(dim, ((shape[dim], axis, 1),))
