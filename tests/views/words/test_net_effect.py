"""What a stage did to its feature map, in words."""

from __future__ import annotations

import pytest

from resnet_inspect.analysis.structure.net_effect import UNCHANGED, Factor, NetEffect
from resnet_inspect.views.words.net_effect import effect, factor, factors

TWICE, HALF, ODD = Factor(1, 2), Factor(2, 1), Factor(64, 96)


@pytest.mark.parametrize(
    ("found", "written"),
    [(TWICE, "×2"), (HALF, "÷2"), (UNCHANGED, "unchanged"), (ODD, "64→96")],
)
def test_a_factor(found: Factor, written: str) -> None:
    assert factor(found) == written
    assert factors((found,)) == written


def test_dimensions_of_several_factors_are_each_written() -> None:
    assert factors((UNCHANGED, HALF, ODD)) == "×1, ÷2, 64→96"


@pytest.mark.parametrize(
    ("planes", "dimensions", "of_positions", "written"),
    [
        (TWICE, (HALF,), False, "planes ×2, dimensions ÷2"),
        (UNCHANGED, (UNCHANGED,), False, "planes and dimensions unchanged"),
        (UNCHANGED, (UNCHANGED,), True, "planes and positions unchanged"),
        (TWICE, (HALF,), True, "planes ×2, positions ÷2"),
        (UNCHANGED, (UNCHANGED, HALF), False, "planes unchanged, dimensions ×1, ÷2"),
    ],
)
def test_a_stage(
    planes: Factor, dimensions: tuple[Factor, ...], of_positions: bool, written: str
) -> None:
    assert effect(NetEffect(planes, dimensions, of_positions)) == written


def test_what_is_not_known_has_no_words() -> None:
    assert effect(None) == ""
