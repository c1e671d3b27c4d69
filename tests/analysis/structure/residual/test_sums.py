"""Residual sums however they are written, and sums that are none, in networks made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import sums
from resnet_inspect.traces.ops import (
    Activate,
    Create,
    Elementwise,
    Join,
    Norm,
    Reduce,
    Resample,
    Unknown,
)

MAP = (1, 8, 8, 8)
ADD = Elementwise("add")
WIDE, POINT = window(3, padding=1), window(1)


def branch(net: ByHand, x: int, name: str = "f") -> int:
    """Two convolutions with a nonlinearity between them."""
    y = net.step(f"{name}.a", conv(8, 8, WIDE), x)
    y = net.step(f"{name}.relu", Activate("relu"), y)
    return net.step(f"{name}.b", conv(8, 8, WIDE), y)


def stem(net: ByHand) -> int:
    return net.step("stem", conv(3, 8, WIDE), net.input(1, 3, 8, 8), MAP)


def stacked(net: ByHand, x: int, y: int) -> int:
    both = net.step(":stack", Join("stack", 0), (x, y), (2, *MAP))
    return net.step(":sum", Reduce("sum", (0,)), both, MAP)


def scaled(net: ByHand, x: int, y: int) -> int:
    weight = net.step(":full", Create("full"), (), (8,), labels=())
    return net.step(":lerp", Elementwise("lerp"), (x, y, weight))


@pytest.mark.parametrize(
    "write",
    [
        lambda net, x, y: net.step(":add", ADD, (x, y)),
        lambda net, x, y: net.step(":add", Elementwise("add", in_place=True), (y, x)),
        lambda net, x, y: net.step(":sub", Elementwise("sub"), (x, y)),
        lambda net, x, y: net.step(":add_relu", Unknown("add_relu"), (x, y)),
        stacked,
        scaled,
    ],
    ids=["add", "in place", "sub", "fused", "stack and sum", "lerp"],
)
def test_a_residual_sum_is_found_however_it_is_written(
    write: Callable[[ByHand, int, int], int],
) -> None:
    net = ByHand()
    x = stem(net)
    y = branch(net, x)
    made = write(net, x, y)
    trace = net.trace(made)
    (found,), adapters, _ = sums.find(trace)
    assert (found.fork, found.output, found.add) == (x, made, trace.producer[made])
    assert set(found.branch) >= {2, 3, 4}
    assert found.bypass == ()
    assert (found.projects, found.returns, found.linear) == (False, False, False)
    assert adapters == []


def test_a_projection_is_the_way_with_fewer_layers() -> None:
    net = ByHand()
    x = stem(net)
    down = net.step("down", conv(8, 8, POINT), x)
    normed = net.step("norm", Norm("batch", 8), down)
    y = branch(net, x)
    net.step(":add", ADD, (normed, y))
    (found,), _, _ = sums.find(net.trace())
    assert (found.bypass, found.branch, found.projects) == ((2, 3), (4, 5, 6), True)


@pytest.mark.parametrize(
    "write",
    [
        lambda net, x, y: net.step(":cat", Join("cat", 1), (x, y), (1, 16, 8, 8)),
        lambda net, x, y: net.step(":add", ADD, (x, x)),
        lambda net, x, y: net.step(":mul", Elementwise("mul"), (x, y)),
        # An identity that something is done to.
        lambda net, x, y: net.step(
            ":add", ADD,
            (y, net.step(":add", ADD, (x, net.step(":ones", Create("ones"), (), MAP, labels=())))),
        ),
        # Two layers side by side: neither is what learns.
        lambda net, x, y: net.step(
            ":add", ADD, tuple(net.step(name, conv(8, 8, WIDE), x) for name in ("l", "r"))
        ),
    ],
    ids=["cat", "twice", "product", "a constant added", "side by side"],
)  # fmt: skip
def test_what_adds_no_branch_to_its_input_is_no_residual_sum(
    write: Callable[[ByHand, int, int], int],
) -> None:
    net = ByHand()
    x = stem(net)
    y = branch(net, x)
    found, _, _ = sums.find(net.trace(write(net, x, y)))
    assert found == []


def test_blocks_in_a_row_are_a_sum_each_and_the_long_shortcut_around_them_none() -> None:
    net = ByHand()
    x = start = stem(net)
    for name in ("one", "two"):
        with net.inside(name, x) as gives:
            y = branch(net, x, name)
            x = net.step(f"{name}:add", ADD, (y, x))
            gives.append(x)
    around = net.step(":add", ADD, (x, start))
    trace = net.trace(around)
    found, _, _ = sums.find(trace)
    assert [trace.calls[one.add].path for one in found] == ["one:add", "two:add"]


def test_the_skip_of_a_decoder_is_no_residual_sum() -> None:
    net = ByHand()
    x = stem(net)
    y = net.step("down", conv(8, 8, window(3, 2, 1)), x, (1, 8, 4, 4))
    y = net.step(":relu", Activate("relu"), y)
    y = net.step("up", Resample("interpolate"), y, MAP)
    found, _, _ = sums.find(net.trace(net.step(":add", ADD, (y, x))))
    assert found == []


def test_a_module_that_makes_such_a_sum_alone_is_a_block() -> None:
    net = ByHand()
    x = stem(net)
    with net.inside("block", x) as gives:
        y = net.step("block.down", conv(8, 8, window(3, 2, 1)), x, (1, 8, 4, 4))
        y = net.step("block.up", Resample("interpolate"), y, MAP)
        gives.append(net.step("block:add", ADD, (y, x)))
    (found,), _, _ = sums.find(net.trace(*gives))
    assert found.returns
    assert found.branch == (3, 4)


def test_an_adapter_is_no_residual_sum() -> None:
    net = ByHand()
    x = stem(net)
    layer = net.step("layer", conv(8, 8, WIDE), x)
    down = net.step("down", conv(8, 2, POINT), x, (1, 2, 8, 8))
    up = net.step("up", conv(2, 8, POINT), down, MAP)
    found, (adapter,), _ = sums.find(net.trace(net.step(":add", ADD, (layer, up))))
    assert found == []
    assert (adapter.add, adapter.layer, adapter.beside) == (5, (2,), (3, 4))


def test_two_layers_side_by_side_at_the_image_are_no_residual_sum() -> None:
    net = ByHand()
    image = net.input(1, 3, 8, 8)
    wide = net.step("wide", conv(3, 8, WIDE), image, MAP)
    point = net.step("point", conv(3, 8, POINT), image, MAP)
    found, adapters, _ = sums.find(net.trace(net.step(":add", ADD, (wide, point))))
    assert (found, adapters) == ([], [])
