"""The lesson of a stage."""

from __future__ import annotations

from lesson_texts import says


def test_what_a_stage_did() -> None:
    says(
        "resnet34",
        "stage 2",
        "Planes ×2, dimensions ÷2: 1×64×56×56 becomes 1×128×28×28.",
        f"layer1.2.conv2 and layer2.3.conv2 both take {9 * 64**2 * 56**2:,} multiply-accumulates.",
        "It has 4 basic blocks.",
        "It strides, in layer2.0.conv1 and layer2.0.downsample.0.",
        "The other 3 take and give 1×128×28×28; their shortcuts are identities.",
        f"Its first block has {9 * 64 * 128 + 9 * 128**2 + 64 * 128 + 6 * 128:,} parameters, its"
        f" last {2 * 9 * 128**2 + 4 * 128:,}.",
        # five 3×3 windows more at jump 8 and one, the strided one, at jump 4 and 8
        f"One element sees 59×59 of the input before and {59 + 2 * 4 + 7 * 2 * 8}×179 after.",
        "The jump goes from 4 to 8.",
    )
    assert 9 * 64**2 * 56**2 == 9 * 128**2 * 28**2
