"""What bottlenecks and pairs of wide convolutions save, in sentences."""

from __future__ import annotations

from lesson_texts import said, says
from saved import survey_of


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
