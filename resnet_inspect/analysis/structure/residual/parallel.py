"""Sums that are no blocks: of a layer and an adapter, of parallel layers, and within a branch.

docs/decisions/0014-blocks.md says what tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.structure.residual.layers import has_wide, is_weighted
from resnet_inspect.analysis.structure.residual.parts import Adapter
from resnet_inspect.analysis.structure.residual.ways import Sum
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Linear


def is_adapter(trace: Trace, candidate: Sum) -> bool:
    """Whether a sum is of a layer and an adapter, or of parallel layers that are one.

    Both ways are weighted. With nothing nonlinear on them they are one linear map; that narrows
    between its ends (low rank), or is of single layers that keep the shape. Two layers with a
    narrow middle beside a wide convolution are an adapter, whatever lies between them.
    """
    if not candidate.projects:
        return False
    narrow = _narrows(trace, candidate)
    weighted = [s for s in candidate.carried if is_weighted(trace.calls[s].op)]
    if narrow and len(weighted) <= 2 and has_wide(trace, candidate.bypass):
        return True
    if not is_one_layer(candidate):
        return False
    shapes = [trace.activations[a].tensor.shape for a in (candidate.fork, candidate.output)]
    return narrow or (len(weighted) == 1 and shapes[0] == shapes[1])


def adapter(trace: Trace, candidate: Sum) -> Adapter:
    """The layer and its adapter: the way that narrows if one does, or else the lighter one."""
    ways = candidate.bypass, candidate.carried
    if _narrows(trace, candidate):
        return Adapter(candidate.add, *ways)
    return Adapter(candidate.add, ways[1], ways[0])


def is_one_layer(candidate: Sum) -> bool:
    """Whether both ways are weighted and nothing nonlinear lies on either."""
    return candidate.projects and candidate.linear


def is_first_layer(trace: Trace, candidate: Sum, first: int | None) -> bool:
    """Whether a sum is of two layers side by side, one of them the network's first."""
    if not is_one_layer(candidate) or first not in (*candidate.branch, *candidate.bypass):
        return False
    return sum(is_weighted(trace.calls[step].op) for step in candidate.carried) == 1


def is_of_layers(trace: Trace, candidate: Sum, nested: Sequence[Sum]) -> bool:
    """Whether the sums on a branch are each of one layer and its input, beside other layers.

    Such a sum with nothing nonlinear is one layer in training (RepGhost); with one or two on a
    branch it is no row of blocks.
    """
    if not 0 < len(nested) <= 2 or not all(one.linear for one in nested):
        return False
    own = {step for one in nested for step in one.carried}
    code = trace.calls[candidate.add].parent
    return (
        bool(code)
        and all(code < one.add for one in nested if code)
        and all(sum(is_weighted(trace.calls[s].op) for s in one.carried) == 1 for one in nested)
        and any(is_weighted(trace.calls[s].op) for s in candidate.carried if s not in own)
    )


def is_within(trace: Trace, candidate: Sum, nested: Sequence[Sum]) -> bool:
    """Whether sums are parts of the branch, and not the whole blocks that a long shortcut passes.

    They are if the module that makes the outer sum runs them all, and no way must pass them (they
    are in a gate, or on one of several ways), or the only one stands between layers of the branch
    (attention that adds its queries).
    """
    code = trace.calls[candidate.add].parent
    if not code or any(one.add < code for one in nested):
        return False
    on_chain = {*candidate.chain} & {one.add for one in nested}
    if not on_chain:
        return True
    weighted = [step for step in candidate.chain if is_weighted(trace.calls[step].op)]
    first, last = min((*nested[0].branch, nested[0].add)), nested[0].add
    return len(nested) == 1 and bool(weighted) and weighted[0] < first and weighted[-1] > last


def _narrows(trace: Trace, candidate: Sum) -> bool:
    """Whether a layer of the branch gives fewer channels than the fork and the sum have.

    Beside a network's first layer it is the sum alone: the image has few.
    """
    ops = [trace.calls[step].op for step in candidate.carried]
    given = [
        op.out_channels if isinstance(op, Conv) else op.out_features
        for op in ops
        if isinstance(op, Conv | Linear)
    ]
    if len(given) < 2:
        return False
    at = -1 if isinstance(next(op for op in ops if isinstance(op, Conv | Linear)), Linear) else 1
    is_image = any(port.activation == candidate.fork for port in trace.inputs)
    ends = (candidate.output,) if is_image else (candidate.fork, candidate.output)
    return min(given[:-1]) < min(trace.activations[a].tensor.shape[at] for a in ends)
