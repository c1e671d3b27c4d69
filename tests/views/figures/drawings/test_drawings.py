"""Drawings keep to the room there is, whatever the trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady, traces

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.figures import drawings


@pytest.mark.parametrize("width", [1, 2, 5, 10, 17])
def test_hardly_any_room(survey: Survey, width: int) -> None:
    for block in survey.anatomy.blocks[:3]:
        assert all(len(line) <= width for line in drawings.block(survey, block, width))
    assert all(len(line) <= width for line in drawings.way(survey, width, 9, 1))
    assert all(len(line) <= width for line in drawings.field(survey, 1, width))


@given(traces(), st.integers(1, 80), st.integers(1, 20), st.booleans())
@steady
def test_any_trace_can_be_drawn(trace: Trace, width: int, height: int, ascii: bool) -> None:
    survey = Survey(trace)
    for block in survey.anatomy.blocks:
        assert all(len(line) <= width for line in drawings.block(survey, block, width, ascii))
    for place in range(len(trace.calls)):
        lines = drawings.way(survey, width, height, place, ascii)
        assert len(lines) <= height
        assert all(len(line) <= width and line.isprintable() for line in lines)
        seen = drawings.field(survey, place, width, ascii)
        assert all(len(line) <= width for line in seen)
