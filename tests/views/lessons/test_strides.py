"""Where bottlenecks have their stride, in sentences."""

from __future__ import annotations

from lesson_texts import said, says
from saved import survey_of

from resnet_inspect.analysis.structure import alternatives


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
