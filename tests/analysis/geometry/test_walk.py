"""Where a walk along the steps of a trace begins, and what it does with what it cannot follow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, trace_of, window

from resnet_inspect.analysis.geometry.layout import other
from resnet_inspect.analysis.geometry.state import Everything, Lost, State
from resnet_inspect.analysis.geometry.walk import Walk
from resnet_inspect.analysis.geometry.windows import PIXELS
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Create,
    Elementwise,
    Linear,
    Op,
    Reduce,
    Reshape,
    Unknown,
)

WIDE = window(3, padding=1)


def test_positions_of_an_image_are_behind_its_channels() -> None:
    walk = Walk(trace_of("resnet18_odd"))
    assert walk.has_positions
    assert walk.extents == (225, 161)
    (start,) = walk.starts.values()
    assert start == State((other(2), other(3), ((225, 0, 1),), ((161, 1, 1),)), (PIXELS, PIXELS))
    assert Walk(trace_of("r3d_18")).count == 3


def test_they_are_those_that_the_first_window_slides_over() -> None:
    """Images whose channels stand last are permuted before their first convolution."""
    net = ByHand()
    image = net.input(1, 8, 6, 3)
    turned = net.step(":permute", Reshape("permute", dims=(0, 3, 1, 2)), image, (1, 3, 8, 6))
    made = net.step("conv", conv(3, 4, WIDE), turned, (1, 4, 8, 6))
    walk = Walk(net.trace(made))
    assert walk.extents == (8, 6)
    assert walk.starts[image].layout == (other(1), ((8, 0, 1),), ((6, 1, 1),), other(3))
    assert dict(walk.states())[made].layout[2:] == (((8, 0, 1),), ((6, 1, 1),))


@pytest.mark.parametrize(
    ("op", "extent"),
    [(Linear(8, 8, False), 7), (Attention(8, 8, 8, 2, True), 7), (Attention(8, 8, 8, 2), 5)],
)
def test_positions_of_tokens_are_what_the_first_layer_leaves(op: Op, extent: int) -> None:
    net = ByHand()
    tokens = net.input(5, 7, 8)
    walk = Walk(net.trace(net.step("layer", op, tokens)))
    assert walk.extents == (extent,)


def test_a_vector_of_features_has_none() -> None:
    net = ByHand()
    made = net.step("fc", Linear(8, 4, False), net.input(2, 8), (2, 4))
    assert not Walk(net.trace(made)).has_positions


def test_of_two_inputs_each_has_its_own_positions_along_the_same_axes() -> None:
    net = ByHand()
    images = net.input(1, 3, 8, 8), net.input(1, 3, 8, 8)
    vector = net.input(1, 5)
    made = [net.step(name, conv(3, 4, WIDE), x, (1, 4, 8, 8)) for name, x in zip("ab", images)]  # noqa: B905
    walk = Walk(net.trace(net.step(":add", Elementwise("add"), tuple(made))))
    assert [walk.starts[image].seen for image in images] == [(PIXELS, PIXELS)] * 2
    assert not walk.starts[vector].sees


def test_a_number_from_outside_is_a_constant_and_a_tensor_is_not_known() -> None:
    net = ByHand()
    x = net.input(1, 3, 8, 8)
    number, tensor = net.tensor(1), net.tensor(1, 3, 8, 8)
    scaled = net.step(":mul", Elementwise("mul"), (x, number))
    added = net.step(":add", Elementwise("add"), (scaled, tensor))
    behind = net.step("conv", conv(3, 4, WIDE), added, (1, 4, 8, 8))
    states = dict(Walk(net.trace(behind)).states())
    assert states[scaled] == states[x]
    assert states[added] == states[behind] == Lost(":add", True)


def test_behind_what_has_no_rule_nothing_begins_anew() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    lost = net.step("odd", Unknown("Odd"), x)
    behind = net.step("last", conv(4, 4, WIDE), lost)
    states = dict(Walk(net.trace(behind)).states())
    assert states[lost] == states[behind] == Lost("odd")
    # What nothing of the input reaches is known, whatever makes it.
    made = net.step(":ones", Create("ones"), (), (1, 4), labels=())
    bent = net.step(":odd", Unknown("odd"), made)
    states = dict(Walk(net.trace(behind)).states())
    assert isinstance(states[bent], State)
    assert not states[bent].sees


def test_what_is_drawn_by_a_tensor_is_not_made_of_nothing() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    drawn = net.step(":bernoulli", Create("bernoulli"), x)
    states = dict(Walk(net.trace(drawn)).states())
    assert not (isinstance(states[drawn], State) and not states[drawn].sees)


def test_statistics_are_summaries_and_arithmetic_of_them() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    mean = net.step(":mean", Reduce("mean", (2, 3)), x, (1, 4, 1, 1))
    eps = net.step(":add", Elementwise("add"), (mean, net.tensor(1)))
    bent = net.step(":relu", Activate("relu"), mean)
    states = dict(Walk(net.trace(eps, bent)).states())
    found = {name: states[at] for name, at in (("x", x), ("mean", mean), ("eps", eps))}
    assert all(isinstance(state, State) for state in found.values())
    assert [state.summary for state in found.values()] == [False, True, True]  # type: ignore[union-attr]
    assert not states[bent].summary  # type: ignore[union-attr]
    assert states[mean].seen == (Everything(1), Everything(1))  # type: ignore[union-attr]


def test_each_part_of_a_split_has_its_own_positions() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    first = net.step(":relu", Activate("relu"), x)
    second = net.tensor(1, 4, 8, 8)
    trace = net.trace(first)
    call = trace.calls[-1]
    ports = (*call.outputs, replace(call.outputs[0], activation=second, label="1"))
    trace = replace(
        trace,
        calls=(*trace.calls[:-1], replace(call, outputs=ports)),
        activations=tuple(net.activations),
    )
    states = dict(Walk(trace).states())
    assert states[second] == states[first]  # the same place in each
    small = replace(trace.activations[second], tensor=replace(trace.spec(ports[0]), shape=(1, 4)))
    other_shape = (*trace.activations[:second], small)
    states = dict(Walk(replace(trace, activations=other_shape)).states())
    assert states[second] == Lost(":relu")
