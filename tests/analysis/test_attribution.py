"""What there is to look at in a network: layers, what their positions see, gates and attention."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis import attribution
from resnet_inspect.analysis.attribution import Gated
from resnet_inspect.analysis.geometry.receptive_field import WHOLE
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.attribution import Box
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Elementwise,
    Linear,
    MatMul,
    Reduce,
    Reshape,
    Unknown,
)
from resnet_inspect.traces.tensors import Shape

WIDE, ONE = window(3, 1, 1), window(1)


def test_a_layer_is_looked_at_with_what_its_positions_see() -> None:
    looked = attribution.layer_named(survey_of("resnet50"), "layer4")
    layer = looked.layer
    assert (layer.path, layer.size, layer.channels) == ("layer4", (7, 7), 2048)
    assert (layer.field_size, layer.jump) == ((427.0, 427.0), (32.0, 32.0))
    # Every window is padded evenly: the middle of position 0,0 is that of pixel 0,0.
    assert layer.centre == (0.5, 0.5)
    assert (looked.place.path, looked.place.side, looked.channels_at) == ("layer4", "output", 1)
    assert attribution.usual_layer(survey_of("resnet50")) == looked


def test_of_a_layer_that_runs_several_times_the_last_is_taken_unless_another_is_named() -> None:
    survey = survey_of("resnet50")
    named = {
        name: attribution.layer_named(survey, name).layer.channels
        for name in ("layer1.0.relu", "layer1.0.relu #1", "layer1.0.relu #2", "layer1.0.relu #3")
    }
    assert list(named.values()) == [256, 64, 64, 256]
    for name in ("layer1.0.relu #4", "layer1.0.relu #0", "layer1.0.relu #x", "layer9", "", "relu "):
        with pytest.raises(UnknownName, match="unknown layer"):
            attribution.layer_named(survey, name)


def test_what_gives_no_map_is_refused() -> None:
    with pytest.raises(BadInput, match="fc gives 1×1000, which is no feature map"):
        attribution.layer_named(survey_of("resnet50"), "fc")
    net = ByHand()
    with pytest.raises(BadInput, match="no feature map is left"):
        attribution.usual_layer(
            Survey(net.trace(net.step("fc", Linear(8, 4, False), net.input(1, 8), (1, 4))))
        )


def test_a_map_of_which_nothing_is_known_says_behind_which_call() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, WIDE), net.input(1, 3, 16, 16), (1, 4, 16, 16))
    odd = net.step("odd", Unknown("Odd"), x, (1, 4, 8, 8))
    looked = attribution.layer_named(Survey(net.trace(odd)), "odd")
    assert looked.field is None
    assert looked.layer.unknown == "behind odd it is not known"
    assert looked.layer.field_size == ()


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ((0, 0), Box(0, 0, 18, 18)),  # 35 pixels around pixel 0, of which 17 lie outside
        ((10, 20), Box(40 - 17, 80 - 17, 40 + 18, 80 + 18)),
        ((55, 55), Box(220 - 17, 220 - 17, 224, 224)),
    ],
)
def test_what_a_position_sees_is_cut_at_the_border(
    position: tuple[int, int], expected: Box
) -> None:
    field = attribution.layer_named(survey_of("resnet50"), "layer1").field
    assert attribution.box(field, position, (224, 224)) == expected


def test_the_box_of_what_sees_all_and_of_what_is_not_known() -> None:
    assert attribution.box(WHOLE, (3, 1), (32, 48)) == Box(0, 0, 32, 48)
    assert attribution.box(None, (0, 0), (32, 48)) is None


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, 8, 1, 1), "channels"),  # squeeze and excitation
        ((1, 1, 4, 4), "positions"),  # spatial attention, as of CBAM
        ((1, 8, 4, 1), "both"),
    ],
)
def test_a_gate_says_what_differs_in_it(shape: Shape, kind: str) -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 8, WIDE), net.input(1, 3, 4, 4), (1, 8, 4, 4))
    fc = net.step("fc", conv(8, shape[1], ONE), x, (1, shape[1], *shape[2:]))
    gate = net.step(":sigmoid", Activate("sigmoid"), fc)
    made = net.step("scale", Elementwise("mul"), (x, gate))
    assert attribution.gated(Survey(net.trace(made))) == (Gated(3, 0, "scale", kind, 1, 4),)


def test_a_gate_that_was_made_as_large_as_its_map_is_told_by_what_it_repeats() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 8, WIDE), net.input(1, 3, 4, 4), (1, 8, 4, 4))
    fc = net.step("fc", conv(8, 8, ONE), x, (1, 8, 1, 1))
    gate = net.step(":expand", Reshape("expand"), fc, (1, 8, 4, 4))
    made = net.step("scale", Elementwise("mul"), (x, gate))
    (found,) = attribution.gated(Survey(net.trace(made)))
    assert (found.call, found.kind) == (3, "channels")


def test_what_no_layer_computes_is_no_gate() -> None:
    net = ByHand()
    image = net.input(1, 3, 4, 4)
    mean = net.step(":mean", Reduce("mean", (2, 3)), image, (1, 3, 1, 1))
    centred = net.step(":div", Elementwise("div"), (image, mean))
    made = net.step("conv", conv(3, 8, WIDE), centred, (1, 8, 4, 4))
    assert attribution.gated(Survey(net.trace(made))) == ()


@pytest.mark.parametrize(("positions", "found"), [(16, True), (17, True), (15, False)])
def test_a_softmax_over_the_positions_of_the_last_map_pools_it(positions: int, found: bool) -> None:
    """As many as the map has, or one more: a class token."""
    net = ByHand()
    x = net.step("conv", conv(3, 8, WIDE), net.input(1, 3, 4, 4), (1, 8, 4, 4))
    scores = net.step("scores", Unknown("Scores"), x, (1, 2, positions))
    made = net.step("attend", Activate("softmax", dims=(-1,)), scores)
    gates = attribution.gated(Survey(net.trace(made)))
    expected = Gated(3, 0, "attend", "attention", 2, 3, (4, 4))
    assert gates == ((expected,) if found else ())


def test_attention_in_one_kernel_gives_no_weights() -> None:
    net = ByHand()
    x = net.input(1, 5, 8)
    x = net.step("attend", Attention(8, 8, 8, 2, True), x)
    x = net.step(":product", MatMul("scaled_dot_product_attention"), (x, x, x))
    x = net.step(":matmul", MatMul("matmul"), (x, x), (1, 5, 5))
    assert attribution.fused(Survey(net.trace(x))) == ("attend", ":product")
