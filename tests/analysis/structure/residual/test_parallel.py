"""Sums that are no blocks, of networks made by hand: adapters, parallel layers, parts of branches.

docs/decisions/0014-blocks.md says what tells them apart.
"""

from __future__ import annotations

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.residual import parallel
from resnet_inspect.analysis.structure.residual.parts import Adapter
from resnet_inspect.analysis.structure.residual.ways import Sum
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Linear, Op

ADD = Elementwise("add")
WIDE, POINT = window(3, padding=1), window(1)


def beside(*branch: Op, layer: Op, channels: int = 8, linear: bool = True) -> tuple[Trace, Sum]:
    """A layer whose input goes through others too, and what both give added up."""
    net = ByHand()
    image = net.input(1, 3, 8, 8)
    fork = net.step("stem", conv(3, channels, WIDE), image, (1, channels, 8, 8))
    made = net.step("layer", layer, fork)
    end = fork
    for number, op in enumerate(branch):
        width = getattr(op, "out_channels", net.activations[end].tensor.shape[1])
        end = net.step(f"beside.{number}", op, end, (1, width, 8, 8))
    total = net.step(":add", ADD, (made, end))
    steps = tuple(range(3, 3 + len(branch)))
    candidate = Sum(3 + len(branch), fork, total, steps, steps, (2,), steps, True, False, linear)
    return net.trace(total), candidate


LOW_RANK = (conv(8, 2, POINT), conv(2, 8, POINT))


def test_a_low_rank_map_beside_a_layer_is_its_adapter() -> None:
    """LoRA, Hu et al. 2022: W x + B A x, with few channels between A and B."""
    trace, candidate = beside(*LOW_RANK, layer=conv(8, 8, WIDE))
    assert parallel.is_adapter(trace, candidate)
    assert parallel.adapter(trace, candidate) == Adapter(5, layer=(2,), beside=(3, 4))


def test_it_is_one_with_something_nonlinear_between_if_the_layer_is_wide() -> None:
    bent = (LOW_RANK[0], Activate("relu"), LOW_RANK[1])
    for layer, expected in ((conv(8, 8, WIDE), True), (conv(8, 8, POINT), False)):
        trace, candidate = beside(*bent, layer=layer, linear=False)
        assert parallel.is_adapter(trace, candidate) == expected


def test_a_branch_as_wide_as_its_ends_is_no_adapter() -> None:
    branch = (conv(8, 8, POINT), conv(8, 8, POINT))
    assert not parallel.is_adapter(*beside(*branch, layer=conv(8, 8, WIDE)))


def test_two_layers_that_keep_the_shape_are_one_and_the_lighter_stands_beside() -> None:
    """RepVGG, Ding et al. 2021: a 3×3 and a 1×1 convolution, to be made one."""
    trace, candidate = beside(conv(8, 8, WIDE), layer=conv(8, 8, POINT))
    assert parallel.is_adapter(trace, candidate)
    assert parallel.adapter(trace, candidate) == Adapter(4, layer=(3,), beside=(2,))
    bent = beside(conv(8, 8, WIDE), Activate("relu"), layer=conv(8, 8, POINT), linear=False)
    assert not parallel.is_adapter(*bent)


def test_a_sum_with_its_own_input_is_no_adapter() -> None:
    trace, candidate = beside(*LOW_RANK, layer=Activate("relu"))
    identity = Sum(*(getattr(candidate, name) for name in Sum.__slots__[:7]), False, False, True)
    assert not parallel.is_one_layer(identity)
    assert not parallel.is_adapter(trace, identity)


def test_beside_the_first_layer_stand_single_layers_of_the_image() -> None:
    net = ByHand()
    image = net.input(1, 3, 8, 8)
    wide = net.step("wide", conv(3, 8, WIDE), image, (1, 8, 8, 8))
    point = net.step("point", conv(3, 8, POINT), image, (1, 8, 8, 8))
    trace = net.trace(net.step(":add", ADD, (wide, point)))
    candidate = Sum(3, image, 3, (1,), (1,), (2,), (1,), True, False, True)
    assert parallel.is_first_layer(trace, candidate, 1)
    assert parallel.is_first_layer(trace, candidate, 2)
    assert not parallel.is_first_layer(trace, candidate, None)


@pytest.mark.parametrize(
    ("linear", "layers", "found"), [(True, 1, True), (False, 1, False), (True, 2, False)]
)
def test_a_layer_and_its_input_within_a_branch_are_one_layer(
    linear: bool, layers: int, found: bool
) -> None:
    """RepGhost, Chen et al. 2022: within the branch of a block, a layer is added to its input."""
    net = ByHand()
    x = net.input(1, 8, 8, 8)
    with net.inside("block", x) as gives:
        first = net.step("block.first", conv(8, 8, POINT), x)
        inner = first
        for number in range(layers):
            inner = net.step(f"block.inner.{number}", conv(8, 8, WIDE), inner)
        nested = net.step("block:add", ADD, (inner, first))
        last = net.step("block.last", conv(8, 8, POINT), nested)
        gives.append(net.step("block:add", ADD, (last, x)))
    trace = net.trace(*gives)
    steps = tuple(range(3, 3 + layers))
    add = 3 + layers
    inside = Sum(add, first, nested, steps, steps, (), steps, False, False, linear)
    branch = tuple(range(2, add + 2))
    outer = Sum(add + 2, x, gives[0], branch, branch, (), branch, False, False, False)
    assert parallel.is_of_layers(trace, outer, [inside]) == found
    assert not parallel.is_of_layers(trace, outer, [])
    assert not parallel.is_of_layers(trace, outer, [inside] * 3)
    # With nothing but that layer on it the branch is a row of blocks.
    only = Sum(add + 2, x, gives[0], steps, steps, (), steps, False, False, False)
    assert not parallel.is_of_layers(trace, only, [inside])
    # The one sum stands between layers of the branch.
    assert parallel.is_within(trace, outer, [inside])


def test_a_sum_at_the_end_of_a_branch_is_a_block_that_a_long_shortcut_passes() -> None:
    net = ByHand()
    x = net.input(1, 8, 8, 8)
    with net.inside("around", x) as gives:
        first = net.step("around.first", conv(8, 8, POINT), x)
        inner = net.step("around.inner", conv(8, 8, WIDE), first)
        nested = net.step("around:add", ADD, (inner, first))
        gives.append(net.step("around:add", ADD, (nested, x)))
    trace = net.trace(*gives)
    inside = Sum(4, first, nested, (3,), (3,), (), (3,), False, False, True)
    outer = Sum(5, x, gives[0], (2, 3, 4), (2, 3, 4), (), (2, 3, 4), False, False, True)
    assert not parallel.is_within(trace, outer, [inside])
    # A sum that not every way passes, such as one in a gate, is always a part.
    aside = Sum(5, x, gives[0], (2, 3, 4), (2,), (), (2, 3, 4), False, False, True)
    assert parallel.is_within(trace, aside, [inside])


def test_linear_layers_narrow_in_their_features() -> None:
    net = ByHand()
    fork = net.step("enter", Linear(16, 16, False), net.input(1, 4, 16))
    layer = net.step("layer", Linear(16, 16, False), fork)
    down = net.step("down", Linear(16, 2, False), fork, (1, 4, 2))
    up = net.step("up", Linear(2, 16, False), down, (1, 4, 16))
    total = net.step(":add", ADD, (layer, up))
    candidate = Sum(5, fork, total, (3, 4), (3, 4), (2,), (3, 4), True, False, True)
    assert parallel.adapter(net.trace(total), candidate) == Adapter(5, (2,), (3, 4))
