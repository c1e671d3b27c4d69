"""What a stage or a block does to planes and dimensions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady, survey_of

from resnet_inspect.analysis.structure.net_effect import Factor, net_effect, of_stage
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.words.net_effect import effect


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet34", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet50", ["planes ×4, dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("resnet18_odd", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        ("r3d_18", ["planes and dimensions unchanged", *["planes ×2, dimensions ÷2"] * 3]),
        (
            "fcn_resnet50",
            [
                "planes ×4, dimensions unchanged",
                "planes ×2, dimensions ÷2",
                *["planes ×2, dimensions unchanged"] * 2,
            ],
        ),
        ("functional", ["planes and dimensions unchanged", "planes ×3, dimensions ÷2"]),
    ],
)
def test_the_net_effect_of_stages(name: str, words: list[str]) -> None:
    survey = survey_of(name)
    assert [effect(of_stage(survey, stage)) for stage in survey.anatomy.stages] == words


@pytest.mark.parametrize(
    ("before", "after_it", "jumps", "words"),
    [
        ((1, 64, 56, 56), (1, 64, 56, 56), (), "planes and dimensions unchanged"),
        ((1, 64, 56, 56), (1, 256, 56, 56), (), "planes ×4, dimensions unchanged"),
        ((1, 64, 56, 56), (1, 128, 28, 28), (), "planes ×2, dimensions ÷2"),
        ((1, 64, 57, 57), (1, 128, 29, 29), ((8, 8), (4, 4)), "planes ×2, dimensions ÷2"),
        ((1, 64, 57, 57), (1, 128, 29, 29), (), "planes ×2, dimensions 57→29"),
        ((1, 64, 8, 8), (1, 96, 8, 8), (), "planes 64→96, dimensions unchanged"),
        ((1, 64, 8, 8), (1, 32, 16, 16), (), "planes ÷2, dimensions ×2"),
        ((1, 8, 4, 8, 8), (1, 8, 4, 4, 4), (), "planes unchanged, dimensions ×1, ÷2, ÷2"),
        ((1, 512), (1, 10), (), ""),
        ((1, 8, 4, 4), (1, 8, 16), (), ""),
    ],
)
def test_net_effect(
    before: Shape, after_it: Shape, jumps: tuple[tuple[int, ...], ...], words: str
) -> None:
    assert effect(net_effect(before, after_it, *jumps)) == words


@steady
@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_equal_factors_are_equal(a: int, b: int, times: int) -> None:
    assert Factor.of(a, a * times) == Factor.of(b, b * times) == Factor(1, times)
    assert Factor.of(a * times, a) == Factor.of(b * times, b) == Factor(times, 1)
    found = Factor.of(a, b)
    assert found.after * a == found.before * b
    assert Factor.of(found.before, found.after) == found
