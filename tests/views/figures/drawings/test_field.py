"""What one element sees, in characters."""

from __future__ import annotations

import pytest
from drawing_texts import WIDTHS
from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.figures import drawings


def test_a_field() -> None:
    survey = survey_of("resnet50")
    index = next(c.index for c in survey.trace.calls if c.path == "layer2.0.conv2")
    assert drawings.field(survey, index, 40) == [
        "················├──────┤················",
        "sees 43 of 224 px, steps 8 px",
    ]
    last = survey.trace.calls[-1].index
    assert drawings.field(survey, last, 30, ascii=True) == ["|----- the whole input ------|"]
    end = survey.anatomy.blocks[-1].add
    assert drawings.field(survey, end, 40)[0].startswith("◂├")
    assert " 427 of 224 px " in drawings.field(survey, end, 40)[0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("ascii", [False, True])
def test_fields_keep_to_the_width(survey: Survey, width: int, ascii: bool) -> None:
    for call in survey.trace.calls:
        lines = drawings.field(survey, call.index, width, ascii)
        assert len(lines) <= 2
        assert all(len(line) <= width and (line.isascii() or not ascii) for line in lines)
        known = call.outputs and call.outputs[0].activation in survey.receptive_fields
        assert bool(lines) == bool(known)
