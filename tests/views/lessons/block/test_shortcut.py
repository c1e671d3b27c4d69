"""Why the shortcut of a block is what it is, in sentences."""

from __future__ import annotations

from lesson_texts import said, says
from saved import ByHand, conv, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Reshape


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
