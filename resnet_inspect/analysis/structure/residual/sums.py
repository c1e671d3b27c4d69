"""The sums of a network that are residual: of a branch and a shortcut that part at one tensor.

A sum is looked for however it is written: `x + f(x)`, in place, scaled, gated, `addcmul`, `lerp`,
`stack([x, f(x)]).sum(0)`. What tells a block from an adapter, from parallel layers and from a
decoder's skip is in docs/decisions/0014-blocks.md.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace

from resnet_inspect.analysis.structure.residual import gates, parallel
from resnet_inspect.analysis.structure.residual.data_flow import ROOT, Flow
from resnet_inspect.analysis.structure.residual.layers import is_filling, is_weighted
from resnet_inspect.analysis.structure.residual.parts import Adapter
from resnet_inspect.analysis.structure.residual.ways import (
    Sum,
    Way,
    bends,
    enlarges,
    is_enlarged,
    joined,
    way_to,
    weighs_more,
)
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Create, Elementwise, Join, Reduce, Unknown


def find(trace: Trace) -> tuple[list[Sum], list[Adapter], Flow]:
    """The residual sums that are no part of another one, the adapters, and the flow of the maps."""
    flow = Flow(trace)
    found: dict[int, Sum] = {}
    adapters: dict[int, Adapter] = {}
    returning: set[int] = set()
    known: dict[int, Way] = {}
    first = next((step for step in trace.steps if is_weighted(trace.calls[step].op)), None)
    repeated = gates.repeated(trace)
    gated = [step for step in trace.steps if gates.smaller(trace, step, repeated)]
    for index in trace.steps:
        flow.take(index)
        candidate = _candidate(trace, flow, index, known)
        if candidate is None or parallel.is_first_layer(trace, candidate, first):
            continue
        if gates.is_for_one(trace, candidate.output, candidate.fork):
            continue  # it says how much of its own fork goes on
        has_gates = bisect(gated, index) > bisect(gated, trace.producer.get(candidate.fork, 0))
        if has_gates and not gates.carries(
            trace, candidate.fork, index, candidate.carried, repeated
        ):
            continue  # of the fork there is but a gate of another map
        flow.join(index, candidate.fork)
        nested = _nested(found, candidate.carried)
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


def _candidate(trace: Trace, flow: Flow, index: int, known: dict[int, Way]) -> Sum | None:
    """The sum that a step makes of two ways; `known` are the ways to all sums before it."""
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
    ways = [way_to(trace, flow, fork, end, known) for end in ends]
    # The way with more weighted layers is the branch; at one each, the one that is not pointwise.
    short, long = sorted((0, 1), key=lambda i: (ways[i].weights, ways[i].wide, len(ways[i].steps)))
    bypass, branch = ways[short], ways[long]
    shared = set(branch.steps) & set(bypass.steps) if bypass.steps else None
    if shared:
        rest = [step for step in bypass.steps if step not in shared]
        # The shortcut carries its map past what computes a gate for both: t·F(x) + (1 − t)·x.
        is_beside = flow.maker.get(ends[short]) in flow.carrying(fork, rest)
        if min(ranks) < 3 or not is_beside:
            return None
        weights = sum(is_weighted(trace.calls[step].op) for step in rest)
        bypass = replace(bypass, steps=tuple(rest), weights=weights)
    elif not flow.takes_only(fork, bypass.steps):
        return None
    if bypass.weights == branch.weights and not weighs_more(trace, branch, bypass):
        return None
    made = [step for step in bypass.steps if isinstance(trace.calls[step].op, Create)]
    if not all(is_filling(trace, step) for step in made):
        return None  # an identity that something is done to
    known[index] = joined(trace, index, fork, branch, bypass)
    others = {step for scale in scales for step in flow.between(fork, scale)} - set(bypass.steps)
    enlarged = any(enlarges(trace, step) for step in bypass.steps)
    return Sum(
        add=index,
        fork=fork,
        output=trace.calls[index].outputs[0].activation,
        branch=_own(trace, index, branch, others),
        chain=flow.chain(fork, ends[long]),
        bypass=bypass.steps,
        carried=branch.carried,
        projects=bypass.weights > 0,
        linear=not branch.bends and not any(bends(trace, flow, step) for step in bypass.steps),
        returns=not enlarged
        and branch.enlarges
        and is_enlarged(trace, flow, fork, ends[long], branch.carried),
    )


def _nested(found: dict[int, Sum], carried: Sequence[int]) -> list[int]:
    """The sums that lie on a branch, in order; the last ones are looked at alone."""
    nested: list[int] = []
    for add in reversed(found):
        if not carried or add < carried[0]:
            break
        place = bisect_left(carried, add)
        if place < len(carried) and carried[place] == add:
            nested.append(add)
    return nested[::-1]


def _own(trace: Trace, add: int, branch: Way, others: Collection[int]) -> tuple[int, ...]:
    """The steps of a branch without those of what it takes from elsewhere in the network."""
    call: int | None = trace.calls[add].parent
    while call and branch.carried and branch.carried[0] < call:
        call = trace.calls[call].parent
    steps = tuple(sorted({*branch.steps, *others})) if others else branch.steps
    return steps[bisect_left(steps, call or 0) :]


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
