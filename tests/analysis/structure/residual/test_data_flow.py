"""The data flow and its dominator tree, of networks made by hand."""

from __future__ import annotations

import random

from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual.data_flow import ROOT, Flow
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise

ADD = Elementwise("add")


def tangled(seed: int) -> Trace:
    """Steps that each take one or two tensors of those before, drawn at random."""
    draw = random.Random(seed)
    net = ByHand()
    made = [net.input(1, 4, 8, 8), net.input(1, 4, 8, 8)]
    for i in range(60):
        if draw.random() < 0.5:
            made.append(net.step(f"r{i}", Activate("relu"), draw.choice(made[-6:])))
        else:
            made.append(net.step(f"a{i}", ADD, tuple(draw.sample(made[-8:], 2)), (1, 4, 8, 8)))
    return net.trace(made[-1])


def dominators(trace: Trace, end: int) -> set[int]:
    """What every way to a tensor passes, by leaving out each tensor in turn."""
    takes = {
        port.activation: {p.activation for p in trace.calls[step].inputs}
        for step in trace.steps
        for port in trace.calls[step].outputs
    }
    sources = [
        activation for activation in range(len(trace.activations)) if activation not in takes
    ]

    def reached(without: int) -> bool:
        seen, waiting = {without}, [end]
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            if at in sources:
                return True
            waiting.extend(takes[at])
        return False

    return {a for a in range(len(trace.activations)) if not reached(a)}


def test_the_tree_is_that_of_the_dominators() -> None:
    """Of sums of two inputs of one size, no map is the one that is carried: both are."""
    for seed in range(20):
        trace = tangled(seed)
        flow = Flow.of(trace, {})
        for end in flow.parent:
            above, at = {end}, flow.parent[end]
            while at != ROOT:
                above.add(at)
                at = flow.parent[at]
            assert above == dominators(trace, end), (seed, end)
        ends = sorted(flow.parent)
        for a, b in zip(ends, ends[7:], strict=False):
            common = dominators(trace, a) & dominators(trace, b)
            assert flow.meet(a, b) == max(common, key=lambda t: flow.depth[t], default=ROOT)


def test_what_is_broadcast_to_a_map_is_not_what_is_carried() -> None:
    net = ByHand()
    image, mask = net.input(1, 3, 8, 8), net.input(1, 1, 8, 8)
    start = net.step("stem", conv(3, 4, window(3, padding=1)), image, (1, 4, 8, 8))
    masked = net.step(":mul", Elementwise("mul"), (start, mask), (1, 4, 8, 8))
    end = net.step("last", conv(4, 4, window(3, padding=1)), masked, (1, 4, 8, 8))
    flow = Flow.of(net.trace(end), {})
    assert flow.parent[masked] == start
    assert flow.passes(start, end)
    assert not flow.passes(mask, end)
