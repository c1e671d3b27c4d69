"""What the layers on a way are, of networks made by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import layers
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Unknown,
    Window,
)


@pytest.mark.parametrize(
    ("op", "weighted"),
    [
        (conv(3, 4, window(1)), True),
        (Linear(3, 4, True), True),
        (Attention(8, 8, 8, 2), True),
        (MatMul("bmm"), True),
        (Unknown("Custom"), True),  # it may have weights
        (Norm("batch", 4), False),
        (Pool("avg", window(2)), False),
        (Activate("relu"), False),
        (Elementwise("mul"), False),
    ],
)
def test_weighted_is_what_may_multiply_by_learned_weights(op: Op, weighted: bool) -> None:
    assert layers.is_weighted(op) == weighted


@pytest.mark.parametrize(
    ("kernel", "wide"), [((1, 1), False), ((3, 3), True), ((1, 3), True), ((1,), False)]
)
def test_wide_is_a_window_of_more_than_one_position(kernel: tuple[int, ...], wide: bool) -> None:
    ones = (1,) * len(kernel)
    sized = Window(kernel, (2,) * len(kernel), (0,) * len(kernel), ones)
    assert layers.is_wide(Conv(sized, 4, 4, 1, False)) == wide


def test_a_way_is_wide_if_one_of_its_convolutions_is() -> None:
    net = ByHand()
    x = net.step("point", conv(3, 4, window(1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    x = net.step("pool", Pool("max", window(3, padding=1)), x)
    x = net.step("wide", conv(4, 4, window(3, padding=1)), x)
    trace = net.trace(x)
    assert not layers.has_wide(trace, (1, 2))  # a pool is no convolution
    assert layers.has_wide(trace, (1, 2, 3))
    assert not layers.has_wide(trace, ())


def test_zeros_fill_up_planes_only_where_they_are_put_beside_others() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    filling = net.step(":zeros", Create("zeros"), (), (1, 4, 8, 8), labels=())
    added = net.step(":zeros", Create("zeros"), (), (1, 4, 8, 8), labels=())
    joined = net.step(":cat", Join("cat", 1), (x, filling), (1, 8, 8, 8))
    both = net.step(":add", Elementwise("add"), (x, added))
    trace = net.trace(joined, both)
    assert layers.is_filling(trace, trace.producer[filling])
    assert not layers.is_filling(trace, trace.producer[added])
    assert not layers.is_filling(trace, trace.producer[joined])  # it creates nothing
