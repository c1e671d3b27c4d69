"""The modules that hold blocks, and what a block gives behind its sum, of networks by hand."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import holders
from resnet_inspect.analysis.structure.residual.parts import Block
from resnet_inspect.traces.ops import Activate, Elementwise, Norm, Op

ADD = Elementwise("add")


def bare(add: int, fork: int, output: int, branch: tuple[int, ...]) -> Block:
    """A block of which nothing is known but its sum."""
    return Block(
        "basic", "identity", "", None, add, fork, fork, output, branch, (), False, branch[0], add
    )


@pytest.mark.parametrize(
    ("first", "last", "count"), [(2, 9, 3), (3, 8, 1), (5, 5, 1), (6, 8, 0), (10, 12, 0), (9, 2, 0)]
)
def test_both_ends_are_counted(first: int, last: int, count: int) -> None:
    assert max(0, holders.how_many((2, 5, 9), first, last)) == count


def test_a_module_that_holds_one_sum_holds_the_block() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    with net.inside("block", x) as gives:
        y = net.step("block.conv", conv(4, 4, window(3, padding=1)), x)
        total = net.step("block:add", ADD, (y, x))
        made = net.step("block.relu", Activate("relu"), total)
        gives.append(made)
    trace = net.trace(net.step("after", Activate("relu"), made))
    (found,) = holders.with_modules(trace, [bare(3, x, total, (2,))])
    assert (found.path, found.call, found.first, found.last) == ("block", 1, 1, 4)
    assert (found.input, found.output) == (x, made)


def test_a_module_of_two_sums_holds_neither() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    with net.inside("both", x) as gives:
        y = net.step("both.a", conv(4, 4, window(3, padding=1)), x)
        first = net.step("both:add", ADD, (y, x))
        z = net.step("both.b", conv(4, 4, window(3, padding=1)), first)
        second = net.step("both:add", ADD, (z, first))
        gives.append(second)
    trace = net.trace(second)
    found = holders.with_modules(trace, [bare(3, x, first, (2,)), bare(5, first, second, (4,))])
    assert [(block.path, block.call) for block in found] == [("", None), ("", None)]
    assert [(block.first, block.last) for block in found] == [(2, 3), (4, 5)]


@pytest.mark.parametrize(
    ("op", "held", "free"),
    [
        (Activate("relu"), True, True),
        (Elementwise("dropout"), True, True),
        (Norm("batch", 4), True, False),  # a norm behind it may be of the next layer
        (conv(4, 4, window(1)), False, False),
    ],
)
def test_what_is_applied_to_the_sum_alone_is_of_the_block(op: Op, held: bool, free: bool) -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    y = net.step("conv", conv(4, 4, window(3, padding=1)), x)
    total = net.step(":add", ADD, (y, x))
    behind = net.step("behind", op, total)
    trace = net.trace(net.step("last", conv(4, 4, window(1)), behind))
    block = bare(2, x, total, (1,))
    assert holders.applied_after(trace, block, 3) == (behind if held else total)
    assert holders.applied_after(trace, block, 4) == (behind if free else total)
    assert holders.applied_after(trace, block, 2) == total  # the module ends with the sum


def test_a_sum_that_others_take_too_is_what_the_block_gives() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    y = net.step("conv", conv(4, 4, window(3, padding=1)), x)
    total = net.step(":add", ADD, (y, x))
    behind = net.step(":relu", Activate("relu"), total)
    block = bare(2, x, total, (1,))
    assert holders.applied_after(net.trace(behind), block, 3) == behind
    assert holders.applied_after(net.trace(behind, total), block, 3) == total
    other = net.step(":tanh", Activate("tanh"), total)
    assert holders.applied_after(net.trace(behind, other), block, 4) == total
