"""What a map is multiplied by that is smaller, in networks made by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import gates
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Linear, Reduce, Reshape

MAP = (1, 8, 4, 4)
MUL, ADD = Elementwise("mul"), Elementwise("add")


def squeezed(*, expanded: bool = False) -> tuple[Trace, dict[str, int]]:
    """Squeeze and excitation (Hu et al. 2018) on a branch, with the activations by name."""
    net, at = ByHand(), {}
    at["x"] = net.input(*MAP)
    at["y"] = net.step("conv", conv(8, 8, window(3, padding=1)), at["x"])
    at["mean"] = net.step(":mean", Reduce("mean", (2, 3)), at["y"], (1, 8, 1, 1))
    at["down"] = net.step("down", conv(8, 2, window(1)), at["mean"], (1, 2, 1, 1))
    at["relu"] = net.step(":relu", Activate("relu"), at["down"])
    at["up"] = net.step("up", conv(2, 8, window(1)), at["relu"], (1, 8, 1, 1))
    at["gate"] = net.step(":sigmoid", Activate("sigmoid"), at["up"])
    if expanded:
        at["gate"] = net.step(":expand", Reshape("expand"), at["gate"], MAP)
    at["scaled"] = net.step(":mul", MUL, (at["y"], at["gate"]))
    at["sum"] = net.step(":add", ADD, (at["scaled"], at["x"]))
    return net.trace(at["sum"]), at


@pytest.mark.parametrize("expanded", [False, True])
def test_a_gate_is_told_from_the_map_that_it_scales(expanded: bool) -> None:
    trace, at = squeezed(expanded=expanded)
    repeated = gates.repeated(trace)
    product, add = trace.producer[at["scaled"]], trace.producer[at["sum"]]
    assert repeated == ({at["gate"]: 8} if expanded else {})
    assert gates.ways(trace, product, repeated) == {at["y"]}
    assert gates.smaller(trace, product, repeated) == {at["gate"]}
    assert gates.smaller(trace, add, repeated) == set()
    computed = ["mean", "down", "relu", "up", "gate"]
    steps = {trace.producer[at[name]] for name in computed}
    if expanded:
        steps.add(trace.producer[at["gate"]] - 1)
    assert gates.computing(trace) == steps


def test_a_product_of_two_maps_has_no_gate() -> None:
    net = ByHand()
    x = net.input(*MAP)
    y = net.step("conv", conv(8, 8, window(1)), x)
    made = net.step(":mul", MUL, (x, y))
    trace = net.trace(made)
    assert gates.smaller(trace, trace.producer[made], {}) == set()
    assert gates.computing(trace) == frozenset()


def test_what_repeats_elements_is_as_small_as_what_it_repeats() -> None:
    net = ByHand()
    x = net.input(1, 8, 1, 1)
    wide = net.step(":expand", Reshape("expand"), x, MAP)
    bent = net.step(":sigmoid", Activate("sigmoid"), wide)
    same = net.step(":expand", Reshape("expand_as"), x, (1, 8, 1, 1))
    assert gates.repeated(net.trace(bent, same)) == {wide: 8, bent: 8}


@pytest.mark.parametrize(("between", "found"), [(0, True), (11, True), (12, False)])
def test_a_layer_computes_a_gate_if_it_is_among_the_last_steps_before(
    between: int, found: bool
) -> None:
    net = ByHand()
    made = net.step("fc", Linear(8, 8, False), net.input(1, 8))
    for _ in range(between):
        made = net.step(":relu", Activate("relu"), made)
    assert gates.has_layers(net.trace(made), {made}) == found


def test_a_gate_of_statistics_alone_has_no_layers() -> None:
    net = ByHand()
    mean = net.step(":mean", Reduce("mean", (2, 3)), net.input(*MAP), (1, 8, 1, 1))
    gate = net.step(":sigmoid", Activate("sigmoid"), mean)
    assert not gates.has_layers(net.trace(gate), {gate})


def test_a_branch_that_only_gates_another_map_carries_nothing_of_its_fork() -> None:
    net = ByHand()
    x, other = net.input(*MAP), net.input(*MAP)
    mean = net.step(":mean", Reduce("mean", (2, 3)), x, (1, 8, 1, 1))
    gate = net.step("gate", conv(8, 8, window(1)), mean)
    scaled = net.step(":mul", MUL, (other, gate), MAP)
    total = net.step(":add", ADD, (x, scaled))
    trace = net.trace(total)
    add = trace.producer[total]
    branch = [trace.producer[a] for a in (mean, gate, scaled)]
    assert not gates.carries(trace, x, add, branch, {})
    # Of the other map the product has all.
    assert gates.carries(trace, other, add, branch[-1:], {})


def test_a_branch_that_gates_its_own_map_carries_it() -> None:
    trace, at = squeezed()
    names = ["y", "mean", "down", "relu", "up", "gate", "scaled"]
    branch = [trace.producer[at[name]] for name in names]
    assert gates.carries(trace, at["x"], trace.producer[at["sum"]], branch, {})


def test_what_goes_into_a_product_with_one_map_alone_is_for_it() -> None:
    net = ByHand()
    x, other = net.input(*MAP), net.input(*MAP)
    bent = net.step(":sigmoid", Activate("sigmoid"), x)
    cast = net.step(":to", Reshape("to"), bent)
    trace = net.trace(net.step(":mul", MUL, (cast, x)))
    assert gates.is_for_one(trace, bent, x)
    assert not gates.is_for_one(trace, bent, other)
    net.step(":add", ADD, (bent, other))
    assert not gates.is_for_one(net.trace(), bent, x)  # a second step takes it
