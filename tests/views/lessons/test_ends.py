"""The lessons of the stem and the head."""

from __future__ import annotations

from lesson_texts import says


def test_stem_and_head() -> None:
    says(
        "resnet50",
        "stem",
        f"{224**2:,} positions become {56**2:,} before any block works on them: 16 times fewer.",
        f"It holds {9408 + 128:,} parameters: <0.1% of the network's.",
        f"It takes {9408 * 112**2:,} multiply-accumulates: 2.9% of the network's.",
    )
    says(
        "resnet18",
        "head",
        f"avgpool makes one number of each of the 512 maps, so fc needs 512·1000 = {512_000:,}"
        f" weights. On the maps themselves it would need 512·7·7·1000 = {512 * 49 * 1000:,}, and"
        " take one size of image only.",
    )
