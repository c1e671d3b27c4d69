"""How two networks differ, in sentences: figures known from elsewhere."""

from __future__ import annotations

from comparisons import of

from resnet_inspect.views.words.comparison.summary import summary


def test_the_tutorials_conclusion_about_resnet34_and_50() -> None:
    assert summary(of("resnet34", "resnet50")) == (
        "blocks: basic (2 convolutions) against bottleneck (3)",
        "stage 1: planes unchanged against ×4",
        "planes after each stage: 64, 128, 256, 512 against 256, 512, 1024, 2048 (×4)",
        "stage 1: 3 identity shortcuts against 1 projection and 2 identities",
        "convolutions 36 against 53 (×1.47)",
        "parameters 21,797,672 against 25,557,032 (×1.17)",
        "MACs 3,663,761,408 against 4,089,184,256 (×1.12)",
        "activation memory 29.29 MiB against 85.57 MiB (×2.92)",
        "receptive field 899 against 427",
        "stem and blocks per stage (3, 4, 6, 3) are the same",
    )


def test_dilation_instead_of_stride() -> None:
    lines = summary(of("resnet50", "fcn_resnet50"))
    assert "stages 3 and 4: dimensions ÷2 against unchanged" in lines
    assert "conv2: padding 1 against 2, dilation 1 against 2 in 5 blocks" in lines
    assert "stride of the last map 32 against 8" in lines
