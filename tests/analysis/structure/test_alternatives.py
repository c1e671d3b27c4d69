"""What a block could have been instead, against networks that are built so."""

from __future__ import annotations

import pytest
from saved import survey_of

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
