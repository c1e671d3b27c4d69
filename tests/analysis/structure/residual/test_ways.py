"""The two ways that a sum adds, of networks made by hand: their steps, and what those do."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import ways
from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.ways import Way
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Create,
    Elementwise,
    Norm,
    Op,
    Pool,
    Resample,
)

MAP = (1, 4, 8, 8)
ADD, MUL = Elementwise("add"), Elementwise("mul")
WIDE, POINT = window(3, padding=1), window(1)


def test_a_way_has_its_steps_and_what_they_do() -> None:
    net = ByHand()
    fork = net.step("stem", conv(3, 4, POINT), net.input(1, 3, 8, 8), MAP)
    a = net.step("a", conv(4, 4, POINT), fork)
    b = net.step("b", Norm("batch", 4), a)
    c = net.step("c", conv(4, 4, POINT), b)
    flow = Flow.of(trace := net.trace(c), {})
    assert ways.way_to(trace, flow, fork, c, {}) == Way(fork, (2, 3, 4), (2, 3, 4), 2)
    assert ways.way_to(trace, flow, fork, fork, {}) == Way(fork)


def test_a_way_through_a_sum_that_is_known_is_counted_on_from_there() -> None:
    net = ByHand()
    fork = net.input(*MAP)
    a = net.step("a", conv(4, 4, WIDE), fork)
    total = net.step(":add", ADD, (a, fork))
    end = net.step(":relu", Activate("relu"), total)
    trace = net.trace(end)
    flow = Flow.of(trace, {2: fork})
    known = {2: ways.joined(trace, 2, fork, Way(fork, (1,), (1,), 1, True), Way(fork))}
    found = ways.way_to(trace, flow, fork, end, known)
    assert found == ways.way_to(trace, flow, fork, end, {})
    assert found == Way(fork, (1, 2, 3), (1, 2, 3), 1, wide=True, bends=True)


def test_behind_a_sum_of_two_weighted_ways_the_steps_of_both_are_counted_once() -> None:
    net = ByHand()
    fork = net.input(*MAP)
    a = net.step("a", conv(4, 4, WIDE), fork)
    b = net.step("b", conv(4, 4, POINT), fork)
    trace = net.trace(net.step(":add", ADD, (a, b)))
    branch, bypass = Way(fork, (1,), (1,), 1, True), Way(fork, (2,), (2,), 1)
    assert ways.joined(trace, 3, fork, branch, bypass) == Way(fork, (1, 2, 3), (1, 2, 3), 2, True)


def test_of_two_ways_with_a_layer_each_the_wide_one_learns() -> None:
    net = ByHand()
    x = net.input(*MAP)
    net.step("wide", conv(4, 4, WIDE), x)
    net.step("point", conv(4, 4, POINT), x)
    net.step("other", conv(4, 4, WIDE), x)
    trace = net.trace()
    wide, point, other = (
        Way(x, (step,), (step,), 1, step != 2) for step in (1, 2, 3)
    )  # fmt: skip
    assert ways.weighs_more(trace, wide, point)
    assert not ways.weighs_more(trace, wide, other)
    assert not ways.weighs_more(trace, point, wide)


def test_without_layers_it_learns_if_it_pools_what_it_normed() -> None:
    net = ByHand()
    x = net.input(*MAP)
    normed = net.step("norm", Norm("group", 4), x)
    net.step("pool", Pool("avg", WIDE), normed)
    trace = net.trace()
    pooled = Way(x, (1, 2), (1, 2))
    assert ways.weighs_more(trace, pooled, Way(x))  # PoolFormer, Yu et al. 2022
    assert not ways.weighs_more(trace, Way(x, (2,), (2,)), Way(x))
    assert not ways.weighs_more(trace, pooled, Way(x, (1,), (1,)))


@pytest.mark.parametrize(
    ("op", "shape", "larger"),
    [
        (Resample("interpolate"), (1, 4, 16, 16), True),
        (Resample("interpolate"), (1, 4, 4, 4), False),
        (Resample("interpolate"), (1, 4, 8, 8), False),
        (Conv(window(2, 2), 4, 4, 1, False, transposed=True), (1, 4, 16, 16), True),
        (Conv(window(3, padding=1), 4, 8, 1, False), (1, 8, 8, 8), False),
        (Conv(window(1, padding=2), 4, 4, 1, False), (1, 4, 12, 12), False),  # no decoder
        (Resample("roi_align"), (3, 4, 8, 8, 1), True),  # of other dimensions
    ],
)
def test_a_decoder_makes_maps_larger(op: Op, shape: tuple[int, ...], larger: bool) -> None:
    net = ByHand()
    net.step("step", op, net.input(*MAP), shape)
    assert ways.enlarges(net.trace(), 1) == larger


def test_a_way_is_enlarged_if_there_is_none_around() -> None:
    net = ByHand()
    x = net.input(*MAP)
    up = net.step("up", Resample("interpolate"), x, (1, 4, 16, 16))
    end = net.step("conv", conv(4, 4, WIDE), up)
    padded = net.step("wide", conv(4, 4, window(1, padding=4)), x, (1, 4, 16, 16))
    both = net.step(":add", ADD, (end, padded))
    flow = Flow.of(trace := net.trace(both), {})
    assert ways.is_enlarged(trace, flow, x, end, (1, 2))
    assert not ways.is_enlarged(trace, flow, x, both, (1, 2, 3, 4))
    assert not ways.is_enlarged(trace, flow, x, padded, (3,))


@pytest.mark.parametrize(
    ("op", "bent"),
    [
        (Activate("relu"), True), (Pool("max", WIDE), True), (AdaptivePool("max", (1, 1)), True),
        (Pool("avg", WIDE), False), (Norm("batch", 4), False), (conv(4, 4, WIDE), False),
    ],
)  # fmt: skip
def test_what_is_nonlinear_bends(op: Op, bent: bool) -> None:
    net = ByHand()
    net.step("step", op, net.input(*MAP))
    flow = Flow.of(trace := net.trace(), {})
    assert ways.bends(trace, flow, 1) == bent


def test_a_product_bends_if_both_of_its_factors_come_from_the_input() -> None:
    net = ByHand()
    x = net.input(*MAP)
    y = net.step("y", conv(4, 4, POINT), x)
    scale = net.step(":ones", Create("ones"), (), MAP, labels=())
    products = [net.step(":mul", MUL, factors) for factors in ((x, y), (x, scale), (x, x))]
    trace = net.trace(*products)
    flow = Flow.of(trace, {})
    assert [ways.bends(trace, flow, trace.producer[made]) for made in products] == [
        True, False, False,
    ]  # fmt: skip
