"""How deep a network is: the number in its name, and what does not count."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure import depth
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Elementwise, Linear, Norm, Pool, Reshape


def test_a_way_around_the_longest_is_not_counted() -> None:
    net = ByHand()
    x = net.input(1, 4, 8, 8)
    y = net.step("a", conv(4, 4, window(3, 1, 1)), x)
    y = net.step("n", Norm("batch", 4), y)
    y = net.step("b", conv(4, 4, window(3, 1, 1)), y)
    z = net.step("p", conv(4, 4, window(1)), x)
    out = net.step(":add", Elementwise("add"), (y, z))
    out = net.step("pool", Pool("avg", window(8)), out, (1, 4, 1, 1))
    out = net.step(":flatten", Reshape("flatten"), out, (1, 4))
    out = net.step("fc", Linear(4, 2, False), out, (1, 2))
    found = depth.of_network(Survey(net.trace(out)))
    calls = Survey(net.trace(out)).trace.calls
    assert [calls[step].path for step in found.convolutions] == ["a", "b"]
    assert [calls[step].path for step in found.projections] == ["p"]
    assert found.layers == 3


@pytest.mark.parametrize(
    ("name", "layers", "projections"),
    [("resnet18", 18, 3), ("resnet34", 34, 3), ("resnet50", 50, 4), ("resnet101", 101, 4)],
)
def test_depth_is_the_number_in_the_name(name: str, layers: int, projections: int) -> None:
    found = depth.of_network(survey_of(name))
    assert (found.layers, len(found.linear), len(found.projections)) == (layers, 1, projections)
    assert (found.gates, found.adapters) == ((), ())


def test_a_gate_adds_no_depth() -> None:
    net = ByHand()
    x = net.step("conv", conv(4, 8, window(3, 1, 1)), net.input(1, 4, 8, 8), (1, 8, 8, 8))
    gate = net.step("squeeze", Pool("avg", window(8)), x, (1, 8, 1, 1))
    gate = net.step("fc1", conv(8, 2, window(1)), gate, (1, 2, 1, 1))
    gate = net.step("fc2", conv(2, 8, window(1)), gate, (1, 8, 1, 1))
    made = net.step(":mul", Elementwise("mul"), (x, gate))
    found = depth.of_network(Survey(net.trace(made)))
    assert found.layers == 1
    assert found.gates == (5,)


def test_an_adapter_is_part_of_its_layer() -> None:
    net = ByHand()
    x = net.step("stem", conv(3, 8, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 8, 8, 8))
    layer = net.step("layer", conv(8, 8, window(3, 1, 1)), x)
    down = net.step("down", conv(8, 2, window(1)), x, (1, 2, 8, 8))
    up = net.step("up", conv(2, 8, window(1)), down, (1, 8, 8, 8))
    found = depth.of_network(Survey(net.trace(net.step(":add", Elementwise("add"), (layer, up)))))
    assert found.convolutions == (1, 2)
    assert found.adapters == (3, 4)
