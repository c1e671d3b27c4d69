"""The sums of a network that are residual: of a branch and a shortcut that part at one tensor.

A sum is looked for however it is written: `x + f(x)`, in place, scaled, gated, `addcmul`, `lerp`,
`stack([x, f(x)]).sum(0)`. What tells a block from an adapter, from parallel layers and from a
decoder's skip is in docs/decisions/0014-blocks.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resnet_inspect.analysis.structure import parallel
from resnet_inspect.analysis.structure.flow import ROOT, Flow
from resnet_inspect.analysis.structure.ways import Adapter, Sum, has_wide, is_filling, is_weighted
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    MatMul,
    Norm,
    Pool,
    Reduce,
    Resample,
    Unknown,
)


def find(trace: Trace) -> tuple[list[Sum], list[Adapter], Flow]:
    """The residual sums that are no part of another one, the adapters, and the flow of the maps."""
    flow = Flow(trace)
    found: dict[int, Sum] = {}
    adapters: dict[int, Adapter] = {}
    returning: set[int] = set()
    first = next((step for step in trace.steps if is_weighted(trace.calls[step].op)), None)
    for index in trace.steps:
        flow.take(index)
        candidate = _candidate(trace, flow, index)
        if candidate is None or parallel.is_first_layer(trace, candidate, first):
            continue
        flow.join(index, candidate.fork)
        nested = [step for step in candidate.carried if step in found]
        for add in [add for add in nested if parallel.is_one_layer(found[add])]:
            nested.remove(add)
            adapters[add] = parallel.adapter(trace, found.pop(add))
        if parallel.is_of_layers(trace, candidate, [found[add] for add in nested]):
            for add in nested:
                del found[add]
            nested = []
        apart = [a for a in nested if trace.calls[a].parent != trace.calls[index].parent]
        if apart and not parallel.is_within(trace, candidate, [found[add] for add in nested]):
            continue  # a long shortcut around whole blocks
        for add in nested:
            del found[add]
        if candidate.returns:
            returning.add(index)
            if any(step in returning for step in candidate.carried):
                continue  # the skips of a decoder, one around the other
        if parallel.is_adapter(trace, candidate):
            adapters[index] = parallel.adapter(trace, candidate)
        else:
            found[index] = candidate
    kept = [s for s in found.values() if not s.returns or _is_of_one_module(trace, s, found)]
    return kept, list(adapters.values()), flow


# What adds two maps.

_ADDS = {"add", "add_relu", "sub", "addcmul", "lerp"}


def _ends(trace: Trace, index: int) -> tuple[tuple[int, int], tuple[int, ...]] | None:
    """The two maps that a step adds, and what else scales them; None if it adds no two maps."""
    call = trace.calls[index]
    if not call.outputs:
        return None
    taken = list(dict.fromkeys(port.activation for port in call.inputs))
    if isinstance(call.op, Reduce) and call.op.name == "sum" and len(taken) == 1:
        taken = _stacked(trace, taken[0])
        if len(taken) != 2:
            return None
    elif not (isinstance(call.op, Elementwise | Unknown) and call.op.name in _ADDS):
        return None
    shape = trace.spec(call.outputs[0]).shape
    maps = [a for a in taken if trace.activations[a].tensor.shape == shape]
    scales = tuple(a for a in taken if a not in maps)
    if isinstance(call.op, Elementwise) and call.op.name in {"addcmul", "lerp"}:
        # lerp(start, end, weight) adds the first two; addcmul(input, one, other) a product.
        maps, scales = maps[:2], (*scales, *maps[2:])
    if len(maps) != 2 or (scales and call.op == Elementwise("add")):
        return None
    return None if len(shape) < 2 else ((maps[0], maps[1]), scales)


def _stacked(trace: Trace, activation: int) -> list[int]:
    """The tensors of a stack that is taken once: to be added up."""
    maker = trace.producer.get(activation)
    call = None if maker is None else trace.calls[maker]
    if call is None or call.op != Join("stack", 0) or len(trace.consumers[activation]) != 1:
        return []
    return list(dict.fromkeys(port.activation for port in call.inputs))


# What makes a sum residual.


def _candidate(trace: Trace, flow: Flow, index: int) -> Sum | None:
    added = _ends(trace, index)
    if added is None:
        return None
    ends, scales = added
    fork = flow.fork(*ends)
    if fork == ROOT:
        return None
    ranks = {len(trace.activations[a].tensor.shape) for a in (fork, *ends)}
    if min(ranks) < 3 and len(ranks) > 1:
        return None  # a gate's, of what was pooled
    ways = [flow.between(fork, end) for end in ends]
    carried = [flow.carrying(fork, way) for way in ways]
    weights = [sum(is_weighted(trace.calls[s].op) for s in way) for way in carried]
    # The way with more weighted layers is the branch; at one each, the one that is not pointwise.
    order = sorted((0, 1), key=lambda i: (weights[i], has_wide(trace, ways[i]), len(ways[i])))
    short, long = order
    bypass, branch = ways[short], ways[long]
    shared = set(branch) & set(bypass)
    if shared:
        if min(ranks) < 3 or not _is_carried_beside(trace, flow, fork, ends[short], bypass, shared):
            return None
        bypass = tuple(step for step in bypass if step not in shared)
        weights[short] = sum(is_weighted(trace.calls[s].op) for s in bypass)
    elif not flow.takes_only(fork, bypass):
        return None
    if weights[short] == weights[long] and not _weighs_more(trace, weights, branch, bypass):
        return None
    made = [step for step in bypass if isinstance(trace.calls[step].op, Create)]
    if not all(is_filling(trace, step) for step in made):
        return None  # an identity that something is done to
    others = {step for scale in scales for step in flow.between(fork, scale)} - set(bypass)
    branch = _own(trace, index, carried[long], {*branch, *others})
    enlarged = any(_enlarges(trace, step) for step in bypass)
    return Sum(
        add=index,
        fork=fork,
        output=trace.calls[index].outputs[0].activation,
        branch=branch,
        chain=flow.chain(fork, ends[long]),
        bypass=bypass,
        carried=carried[long],
        projects=weights[short] > 0,
        linear=not any(_bends(trace, flow, step) for step in (*carried[long], *bypass)),
        returns=not enlarged and _is_enlarged(trace, flow, fork, ends[long], carried[long]),
    )


def _weighs_more(
    trace: Trace, weights: Sequence[int], branch: Sequence[int], bypass: Sequence[int]
) -> bool:
    """Whether of two ways with equally many weighted layers the branch is what learns.

    With one each it is if it alone is wide; without any, if it pools what it has normed, and
    nothing is done on the other.
    """
    if weights[0] == 1:
        return has_wide(trace, branch) > has_wide(trace, bypass)
    ops = [trace.calls[step].op for step in branch]
    pools = any(isinstance(op, Pool) for op in ops) and any(isinstance(op, Norm) for op in ops)
    return weights[0] == 0 and pools and not bypass


def _is_carried_beside(
    trace: Trace, flow: Flow, fork: int, end: int, bypass: Collection[int], shared: Collection[int]
) -> bool:
    """Whether the shortcut carries its map past the steps that it has in common with the branch.

    Those then compute a gate for both: t·F(x) + (1 − t)·x.
    """
    rest = flow.carrying(fork, [step for step in bypass if step not in shared])
    return flow.maker.get(end) in rest


def _own(
    trace: Trace, add: int, carried: Sequence[int], branch: Collection[int]
) -> tuple[int, ...]:
    """The steps of a branch without those of what it takes from elsewhere in the network."""
    call: int | None = trace.calls[add].parent
    while call and carried and carried[0] < call:
        call = trace.calls[call].parent
    return tuple(sorted({*carried, *(step for step in branch if step >= (call or 0))}))


def _enlarges(trace: Trace, step: int) -> bool:
    """Whether a step makes a map larger, as a decoder does."""
    call = trace.calls[step]
    resizes = isinstance(call.op, Resample) or (isinstance(call.op, Conv) and call.op.transposed)
    if not resizes or not call.inputs or not call.outputs:
        return False
    before, after = (trace.spec(ports[0]).shape for ports in (call.inputs, call.outputs))
    return len(before) != len(after) or any(
        a > b for b, a in zip(before[2:], after[2:], strict=True)
    )


def _is_enlarged(trace: Trace, flow: Flow, fork: int, end: int, way: Sequence[int]) -> bool:
    """Whether every way from the fork to the end passes a step that makes maps larger."""
    small = [step for step in way if not _enlarges(trace, step)]
    return len(small) < len(way) and flow.maker.get(end) not in flow.carrying(fork, small)


def _is_of_one_module(trace: Trace, candidate: Sum, found: Collection[int]) -> bool:
    """Whether a module of one input and one output, other than the network, makes the sum alone."""
    first = min((*candidate.branch, *candidate.bypass))
    call: int | None = trace.calls[candidate.add].parent
    while call is not None and first < call:
        call = trace.calls[call].parent
    if not call or len(trace.calls[call].inputs) != 1 or len(trace.calls[call].outputs) != 1:
        return False
    return not any(
        call <= add <= trace.last_descendant[call] for add in found if add != candidate.add
    )


def _bends(trace: Trace, flow: Flow, step: int) -> bool:
    """Whether a step is nonlinear in what comes to it; products are, of two tensors."""
    call = trace.calls[step]
    if isinstance(call.op, Elementwise) and call.op.name in {"mul", "div", "addcmul", "lerp"}:
        return len({port.activation for port in call.inputs} - flow.constants) > 1
    if isinstance(call.op, Pool | AdaptivePool):
        return call.op.kind == "max"
    return isinstance(call.op, Activate | Attention | MatMul | Unknown)
