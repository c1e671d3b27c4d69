"""What tensors are called and where they can be had, in networks made by hand."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, trace_of, window

from resnet_inspect.analysis.taps import places
from resnet_inspect.analysis.taps.places import Place
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Linear
from resnet_inspect.traces.tensors import Port

ONE = window(1)


def encoder() -> tuple[Trace, dict[str, int]]:
    """An encoder that gives two maps, of which one is a function's, and a relu that runs twice."""
    net, at = ByHand(), {}
    at["image"] = net.input(1, 3, 8, 8)
    with net.inside("encoder", at["image"]) as gives:
        at["conv"] = net.step("encoder.conv", conv(3, 4, ONE), at["image"], (1, 4, 8, 8))
        at["tanh"] = net.step("encoder:tanh", Activate("tanh"), at["conv"])
        gives += [at["conv"], at["tanh"]]
    at["relu"] = net.step("relu", Activate("relu"), at["tanh"])
    at["again"] = net.step("relu", Activate("relu"), at["relu"])
    at["sum"] = net.step(":add", Elementwise("add"), (at["again"], at["conv"]))
    at["scaled"] = net.step(":mul", Elementwise("mul"), at["sum"])
    trace = net.trace(at["scaled"])
    outputs = (Port("0", at["conv"]), Port("1", at["tanh"]))
    calls = list(trace.calls)
    calls[1] = replace(calls[1], outputs=outputs)
    return replace(trace, calls=tuple(calls)), at


def test_a_tensor_is_called_by_the_module_that_gives_it_alone_else_by_its_place() -> None:
    trace, at = encoder()
    names = {name: places.name_of(trace, at[name]) for name in at if name != "image"}
    assert names == {
        "conv": ("encoder.conv", 2),
        "tanh": ("encoder[1]", 1),
        "relu": ("relu", 4),
        "again": ("relu #2", 5),
        "sum": (":add", 6),
        "scaled": (":mul", 7),
    }


def test_the_outermost_module_that_gives_it_has_it() -> None:
    trace = trace_of("resnet50")
    (out,) = trace.calls[trace.calls_at["layer2"][0]].outputs
    assert places.output_of(trace, out.activation) == Place("output", "layer2", 1, "", True)


def test_a_hook_finds_what_a_module_gives_or_takes() -> None:
    trace, at = encoder()
    assert places.place_of(trace, at["tanh"]) == Place("output", "encoder", 1, "1", False)
    assert places.place_of(trace, at["image"]) == Place("input", "encoder", 1, "", True)
    assert places.place_of(trace, at["scaled"]) == Place("output", "", 1, "", True)
    assert places.place_of(trace, at["sum"]) is None  # from function to function


def test_what_is_written_into_is_no_longer_what_was_kept() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, ONE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    y = net.step("relu", Activate("relu", in_place=True), x, storage=x)
    trace = net.trace(net.step("last", conv(4, 4, ONE), y))
    assert places.is_overwritten(trace, x)
    assert not places.is_overwritten(trace, y)


def test_the_layer_before_a_map_is_behind_functions_of_each_element_alone() -> None:
    trace, at = encoder()
    assert places.layer_before(trace, at["relu"]) == Place("output", "relu", 1, "", True)
    # The sum is of two: neither of them alone is what it is made of.
    assert places.layer_before(trace, at["scaled"]) is None
    assert places.layer_before(trace, at["image"]) is None
    net = ByHand()
    made = net.step("fc", Linear(4, 4, False), net.input(1, 4))
    bent = net.step(":tanh", Activate("tanh"), net.step(":gelu", Activate("gelu"), made))
    assert places.layer_before(net.trace(bent), bent) == Place("output", "fc", 1, "", True)
