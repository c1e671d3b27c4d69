"""The last feature map of a network: the last tensor before the head whose elements are places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from resnet_inspect.analysis.geometry.receptive_field import Fields
from resnet_inspect.analysis.structure import anatomy
from resnet_inspect.analysis.structure.anatomy import Anatomy
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import AdaptivePool, Conv, Op, Reduce, Resample, Reshape
from resnet_inspect.traces.tensors import Shape


def find(trace: Trace, parts: Anatomy, fields: Fields, axes: int) -> int | None:
    """The activation before the head: the last map before all of it is pooled or flattened.

    That is what the last block gives, unless a layer with weights stands behind it. What has
    one position is none, if there is another, but for what windows have made so small of a
    small image: a class token sees all. `axes` is along how many the maps have positions.
    """
    ends = [stage.output for stage in parts.stages]
    if ends:
        wide = [e for e in ends if not _is_one_position(trace, e) or _is_seen(fields, e)]
        return _behind(trace, parts, axes, (wide or ends)[-1])
    given = {port.activation for port in trace.inputs}
    maps = [a for a, f in fields.found.items() if not f.whole and f.is_map]
    maps += [a for a in fields.lost if _is_map_like(trace, a)]
    maps = [a for a in maps if a not in given]
    wide = [a for a in maps if not _is_one_position(trace, a)]
    return max(wide or maps, default=None)


def _is_one_position(trace: Trace, activation: int) -> bool:
    shape = trace.activations[activation].tensor.shape
    return 1 in shape[1:] if len(shape) == 3 else prod(shape[2:]) == 1


def _is_seen(fields: Fields, activation: int) -> bool:
    """Whether its elements are known to see the input through windows."""
    field = fields.found.get(activation)
    return field is not None and not field.whole


def _is_map_like(trace: Trace, activation: int) -> bool:
    """Whether a tensor whose positions are lost has the shape of a map all the same."""
    ranks = {len(trace.spec(port).shape) for port in trace.inputs}
    shape = trace.activations[activation].tensor.shape
    return len(shape) in ranks and len(shape) > 2 and prod(shape[2:]) > 1


def _behind(trace: Trace, parts: Anatomy, axes: int, last: int) -> int:
    """The last map that all of the data flows through after this one; it itself if it is."""
    body = parts.body
    for port in trace.outputs:
        way = anatomy.trunk(trace, parts, port.activation)
        if last not in way:  # several branches come together behind the body
            way = tuple(a for a in way if body and trace.producer.get(a, -1) > body[1])
            found = _last_of(trace, axes, way, weighted=True)
        else:
            found = _last_of(trace, axes, way[way.index(last) :], weighted=False)
        if found is not None:
            return found
    return last


def _last_of(trace: Trace, axes: int, way: Sequence[int], *, weighted: bool) -> int | None:
    """The last map on a way, if there is a convolution on it and what follows is no decoder."""
    found = None
    for before, activation in pairwise(way):
        maker = trace.producer.get(activation)
        if maker is None:  # what the network was given comes out again
            break
        op = trace.calls[maker].op
        if isinstance(op, Resample) or (isinstance(op, Conv) and op.transposed):
            return None
        shapes = [trace.activations[a].tensor.shape for a in (before, activation)]
        if not _keeps_map(op, *shapes):
            break
        weighted = weighted or isinstance(op, Conv)
        if len(shapes[1]) in (3, axes + 2):  # not in the middle of a rearrangement
            found = activation
    return found if weighted else None


def _keeps_map(op: Op, before: Shape, after: Shape) -> bool:
    """Whether what an op makes of a map is a map: not pooled to one element, nor flattened."""
    if isinstance(op, Reshape) and len(after) > 2:
        return True
    if len(after) < 3 or len(before) != len(after) or isinstance(op, AdaptivePool | Reduce):
        return False
    return before[2:] == after[2:] or prod(after[2:]) > 1
