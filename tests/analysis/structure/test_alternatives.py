"""What a block could have been instead, against networks that are built so."""

from __future__ import annotations

from typing import Any

import pytest
from saved import survey_of
from workings import value_of

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey


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


def test_a_bottleneck_of_two_wide_convolutions_would_hold_far_more() -> None:
    """He et al. 2015, figure 5: 256 planes, through 64 and back, or two of 3×3 at 256."""
    survey = survey_of("resnet50")
    found = alternatives.two_wide(survey, survey.anatomy.blocks[1])
    assert found is not None
    weights = 256 * 64 + 64 * 64 * 9 + 64 * 256
    assert (found.weights.value, found.macs) == (weights, weights * 56 * 56)
    assert found.other_weights.value == 2 * 256 * 256 * 9
    assert found.other_macs == 2 * 256 * 256 * 9 * 56 * 56
    assert value_of(found.weights.working) == weights
    assert found.other_weights.working == "2·256·256·3·3"
    assert (
        alternatives.two_wide(survey_of("resnet34"), survey_of("resnet34").anatomy.blocks[0])
        is None
    )


def test_a_basic_block_could_be_a_bottleneck_of_a_quarter_of_its_width() -> None:
    survey = survey_of("resnet34")
    found = alternatives.narrowed(survey, survey.anatomy.blocks[1])
    assert found is not None
    weights = 64 * 16 + 16 * 16 * 9 + 16 * 64
    assert found.weights.value == 2 * 64 * 64 * 9
    assert (found.other_weights.value, found.other_macs) == (weights, weights * 56 * 56)
    assert value_of(found.other_weights.working) == weights
    strided = next(block for block in survey.anatomy.blocks if block.path == "layer2.0")
    assert alternatives.narrowed(survey, strided) is None
    assert (
        alternatives.narrowed(survey_of("resnet50"), survey_of("resnet50").anatomy.blocks[0])
        is None
    )


@pytest.mark.parametrize(
    ("given", "working", "value"),
    [
        ((3, 64, (7, 7)), "64·3·7·7", 9408),
        ((128, 128, (3, 3), 32), "128·(128/32)·3·3", 4608),
        ((64, 256, (1, 1)), "256·64", 16384),
        ((3, 8, (1, 3, 3)), "8·3·1·3·3", 216),
    ],
)
def test_a_weight_is_written_out(given: tuple[Any, ...], working: str, value: int) -> None:
    found = alternatives.weight(*given)
    assert (found.working, found.value) == (working, value)
    assert value_of(found.working) == value


def test_a_stride_of_a_block_without_one_or_of_two_is_at_neither_place() -> None:
    survey = survey_of("resnet50")
    strides = {
        block.path: found
        for block in survey.anatomy.blocks
        if (found := alternatives.stride(survey, block))
    }
    assert list(strides) == ["layer2.0", "layer3.0", "layer4.0"]
    paths = {survey.trace.calls[found.at].path for found in strides.values()}
    assert paths == {f"layer{n}.0.conv2" for n in (2, 3, 4)}
    v1 = survey_of("resnet50_v1")
    found = alternatives.stride(v1, v1.anatomy.blocks[3])
    assert found is not None
    assert v1.trace.calls[found.at].path == "layer2.0.conv1"
    # A block that has none cannot have it moved.
    assert alternatives.with_strides_moved(survey, survey.anatomy.blocks[:1]) is None
    assert alternatives.version(survey_of("plain")) is None
