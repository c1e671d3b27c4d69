"""The lesson of a block: its weights, its shortcut, and where its stride is."""

from __future__ import annotations

import pytest
from lesson_texts import said, says
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Reshape


def test_why_a_bottleneck_is_cheaper() -> None:
    c, quarter = 256, 64
    own = c * quarter + 9 * quarter**2 + quarter * c
    two = 2 * 9 * c**2
    says(
        "resnet50",
        "layer1.1",
        f"Its three convolutions have 64·256 + 64·64·3·3 + 256·64 = {own:,} weights. Two 3×3"
        f" convolutions that give 256 channels would have 2·256·256·3·3 = {two:,}:"
        f" {two / own:.1f} times as many.",
        f"In multiply-accumulates: {own * 56**2:,} as it is, {two * 56**2:,} the other way.",
        # figure 5 of He et al. 2015 sets these two beside each other
        f"Two 3×3 convolutions at the width of the middle, 64 channels, would have"
        f" 2·64·64·3·3 = {2 * 9 * quarter**2:,}.",
        "It is a bottleneck: a 1×1 convolution narrows 256 channels to 64, a 3×3 works on those,"
        " and a 1×1 makes 256 of them.",
    )


def test_what_a_bottleneck_of_a_basic_block_would_cost() -> None:
    c, quarter = 64, 16
    own, narrow = 2 * 9 * c**2, c * quarter + 9 * quarter**2 + quarter * c
    says(
        "resnet18",
        "layer1.0",
        f"Its two convolutions have 2·64·64·3·3 = {own:,} weights. A bottleneck of this width, 64"
        f" channels narrowed to 16, would have 16·64 + 16·16·3·3 + 64·16 = {narrow:,}:"
        f" {own / narrow:.1f} times fewer.",
        f"In multiply-accumulates: {own * 56**2:,} as it is, {narrow * 56**2:,} the other way.",
    )
    assert not any("bottleneck" in line for line in said(survey_of("resnet18"), "layer2.0"))


def test_identity_and_projection() -> None:
    says(
        "resnet50",
        "layer2.0",
        "It has a projection shortcut.",
        "Channels 256 → 512, dimensions 56×56 → 28×28: the shortcut changes them too, with"
        " weights.",
        f"It is a 1×1 convolution with stride 2: 512·256 = {512 * 256:,} weights,"
        f" {512 * 256 * 28**2:,} multiply-accumulates.",
        f"With its norm the shortcut is {(512 * 256 + 2 * 512) / 379_392:.1%} of the block's"
        " parameters.",
        "In the backward pass the gradient also passes the shortcut's weights: no way around this"
        " block leaves it as it is.",
    )
    # layer2.0 by hand: 1×1, 3×3, 1×1, projection, and a scale and a shift for each norm
    assert 379_392 == 256 * 128 + 9 * 128**2 + 128 * 512 + 256 * 512 + 2 * (128 * 2 + 512 * 2)
    says(
        "resnet50",
        "layer2.1",
        "It has an identity shortcut.",
        "The branch keeps the shape 1×512×28×28: the input can be added as it is.",
        "The shortcut has no parameter and takes no multiply-accumulate.",
        "The relu behind the add is on every way: it lets the gradient through only where the sum"
        " is positive.",
    )
    says(
        "functional",
        "units.1",
        "It applies nothing to the sum.",
        "Nothing is applied to the sum, so nothing within the block changes it on that way.",
    )


def zero_padded() -> Survey:
    net = ByHand()
    x = net.input(1, 16, 8, 8)
    x = fork = net.step("stem", conv(16, 16, window(1)), x)
    x = net.step("a", conv(16, 32, window(3, 2, 1)), x, (1, 32, 4, 4))
    x = net.step("b", conv(32, 32, window(3, 1, 1)), x)
    short = net.step(
        ":getitem", Reshape("getitem", (0, 0, 0, 0), (1, 1, 2, 2)), fork, (1, 16, 4, 4)
    )
    short = net.step(":pad", Reshape("pad"), short, (1, 32, 4, 4))
    x = net.step(":add", Elementwise("add"), (x, short))
    return Survey(net.trace(net.step("relu", Activate("relu"), x)))


def test_option_a() -> None:
    sentences = said(zero_padded(), "block 1")
    assert "It has a zero-padded identity shortcut." in sentences
    assert "Zeros for the planes that the input lacks are option A of the paper." in sentences
    assert "The shortcut has no parameter and takes no multiply-accumulate." in sentences
    assert any("as far as the shortcut's layers hand it on" in line for line in sentences)
    assert f"It pads the map: {(32 - 16) * 4 * 4} elements are new." in said(zero_padded(), ":pad")


@pytest.mark.parametrize(
    ("name", "other", "version"),
    [("resnet50", "resnet50_v1", "v1.5"), ("resnet50_v1", "resnet50", "v1")],
)
def test_the_other_place_of_the_stride(name: str, other: str, version: str) -> None:
    survey = survey_of(name)
    assert alternatives.version(survey) == version
    strided = [block for block in survey.anatomy.blocks if alternatives.stride(survey, block)]
    moved = alternatives.with_strides_moved(survey, strided)
    assert moved is not None
    assert Survey(moved).totals == survey_of(other).totals
    assert Survey(moved).macs == survey_of(other).macs
    assert Survey(moved).receptive_fields == survey_of(other).receptive_fields


def test_v1_and_v15_are_told_apart_with_what_the_other_costs() -> None:
    # 4.09 G is torchvision's published figure; 3.8 G is table 1 of He et al. 2015.
    says(
        "resnet50",
        "",
        "3 bottlenecks have a stride, on the wide convolution: v1.5, as Goyal et al. 2017 and"
        " torchvision have it.",
        "As v1 it would take 3,857,973,248 multiply-accumulates instead of 4,089,184,256, with the"
        " same parameters.",
        "One element of its last feature map would see 483×483 instead of 427×427.",
    )
    says(
        "resnet50_v1",
        "",
        "3 bottlenecks have a stride, on the first 1×1 convolution: v1, as He et al. 2015 have it.",
        "As v1.5 it would take 4,089,184,256 multiply-accumulates instead of 3,857,973,248, with"
        " the same parameters.",
    )
    # In layer2.0 only the first 1×1 computes on another map: 28 instead of 56 a side.
    saved = 256 * 128 * (56**2 - 28**2)
    says(
        "resnet50",
        "layer2.0",
        "The stride is on its wide convolution, the 3×3 (layer2.0.conv2): that is v1.5, as Goyal et"
        " al. 2017 and torchvision have it.",
        f"With the stride where v1 has it, the block would take {372_506_624 - saved:,}"
        " multiply-accumulates instead of 372,506,624, with the same parameters and the same shape"
        " of its output.",
        f"One output element would see {35 + 2 * 8}×{35 + 2 * 8} of the input instead of"
        f" {35 + 2 * 4}×{35 + 2 * 4}.",
    )
    assert not any("stride is on" in line for line in said(survey_of("resnet34"), "layer2.0"))
    assert alternatives.version(survey_of("resnet34")) is None
