"""The program that takes the taps of a network."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Taps
from resnet_inspect.errors import BadInput
from resnet_inspect.views.programs.taps import program
from resnet_inspect.views.tables import taps as views


@pytest.mark.parametrize("way", ["fx", "hooks"])
@pytest.mark.parametrize("name", ["resnet50", "resnet18_odd", "r3d_18", "plain"])
def test_the_python_that_is_printed_parses_and_names_every_tap(name, way):
    found = find(survey_of(name))
    written = program(trace_of(name), found, way)
    ast.parse(written)
    for tap in found.all:
        assert written.count(f'"{tap.path}"') >= 2


def test_a_trace_without_inputs_has_taps_and_no_program():
    survey = Survey(replace(trace_of("resnet50"), inputs=()))
    assert [tap.stride[0] for tap in find(survey).down] == [2, 4, 8, 16, 32]
    assert "that conv1 takes" in views.view(survey).remarks[0]
    with pytest.raises(BadInput, match="no input"):
        program(survey.trace, find(survey), "hooks")


def test_a_network_without_a_window_has_no_taps():
    trace = trace_of("resnet50")
    cut = replace(trace, calls=trace.calls[:1], outputs=())
    assert find(Survey(cut)) == Taps(())
    with pytest.raises(BadInput, match="no feature map"):
        program(cut, find(Survey(cut)), "hooks")
