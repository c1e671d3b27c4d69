"""The lesson of a convolution: its sizes, weights and work by closed formulas."""

from __future__ import annotations

from lesson_texts import said, says
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey


def test_the_first_convolution() -> None:
    weights = 64 * 3 * 7 * 7
    size = (224 + 2 * 3 - 7) // 2 + 1
    work = weights * size**2
    says(
        "resnet50",
        "conv1",
        "A 7×7 convolution: 64 filters slide over the map in steps of 2, and each takes a 7×7"
        " window of all 3 channels at a time.",
        f"Height, width: ⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1 = {size}.",
        "1×3×224×224 becomes 1×64×112×112.",
        f"weight: 64·3·7·7 = {weights:,}: 64 filters, 3 channels each, 7×7 taps.",
        # torchvision publishes 25,557,032 parameters and 4.09 GFLOPS (multiply-accumulates).
        "That is <0.1% of the network's 25,557,032 parameters.",
        f"Each weight is used once at every output position: 9,408 · 112·112 = {work:,}"
        f" multiply-accumulates, {work / 4_089_184_256:.1%} of the network's.",
        f"Its output takes {64 * 112 * 112 * 4 / 2**20:.3f} MiB.",
        "One output element sees 7×7 of the input: its receptive field.",
        "Its neighbour's field begins 2 input elements further on: the jump.",
        "The first element's field begins at -3: that far before the edge of the input.",
        "It has no bias: the batch normalisation behind it takes off each channel's mean, and a"
        " bias with it, and has a shift of its own.",
    )


def test_a_convolution_with_stride_within_a_bottleneck() -> None:
    field, jump = 35, 4
    says(
        "resnet50",
        "layer2.0.conv2",
        f"It follows from the layer before: {field} + (3 − 1)·{jump} = {field + 2 * jump}, the"
        " field before plus the window's further taps, each a jump apart; and the jump"
        f" {jump}·2 = {2 * jump}, that before times the stride.",
        "It is the 2nd of 3 convolutions on the branch of layer2.0, a bottleneck block.",
        f"Each weight is used once at every output position: 147,456 · 28·28 ="
        f" {128**2 * 9 * 28**2:,} multiply-accumulates, 2.8% of the network's.",
    )
    says(
        "resnet50",
        "layer2.0.downsample.0",
        "With stride 2 it takes one position in 4 and never looks at the others.",
        "It is on the shortcut of layer2.0.",
    )
    says(
        "resnet50",
        "layer1.0.conv2",
        "At stride 1 a padding of 1 makes up for what a window of 3 would take off the border: the"
        " size stays.",
    )


def test_a_batch_counts_every_sample() -> None:
    work = 9408 * 2 * 113 * 81
    part = work / survey_of("resnet18_odd").totals.macs
    says(
        "resnet18_odd",
        "conv1",
        f"Each weight is used once at every output position: 9,408 · 2·113·81 = {work:,}"
        f" multiply-accumulates, {part:.1%} of the network's.",
    )


def depthwise() -> Survey:
    net = ByHand()
    x = net.input(1, 32, 14, 14)
    full = window(3, padding=1)
    x = net.step("dw", conv(32, 32, full, groups=32), x, weights={"weight": (32, 1, 3, 3)})
    x = net.step("grouped", conv(32, 64, full, groups=4), x, (1, 64, 14, 14),
                 weights={"weight": (64, 8, 3, 3)})  # fmt: skip
    return Survey(net.trace(x))


def test_groups_divide_weights_and_work() -> None:
    survey = depthwise()
    sentences = said(survey, "dw")
    assert (
        f"With one group the weight would have 32·32·3·3 = {32 * 32 * 9:,} elements: 32 groups"
        " divide weights and work by 32."
    ) in sentences
    assert f"weight: 32·(32/32)·3·3 = {32 * 9}: 32 filters, 1 channel each, 3×3 taps." in sentences
    assert "each takes a 3×3 window of a single channel at a time." in sentences[0]
    sentences = said(survey, "grouped")
    assert "window of 8 of the 32 channels at a time." in sentences[0]
    work = 64 * 8 * 9 * 14 * 14
    assert any(f"4,608 · 14·14 = {work:,} multiply-accumulates" in line for line in sentences)
