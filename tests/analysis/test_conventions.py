"""Other conventions: the figures that their tools and the paper give of the ResNets."""

from __future__ import annotations

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.conventions import CONVENTIONS, Counted, counted, verdict
from resnet_inspect.errors import UnknownName
from resnet_inspect.inspection import Inspection

OF_RESNET50 = {
    "torchinfo": 4_089_238_376,
    "fvcore": 4_111_512_576,
    "thop": 4_133_742_592,
    "paper": 3_857_973_248,
}
"""As torchinfo 1.8.0, fvcore 0.1.5 and thop 0.1.1 print them; the paper says 3.8 billion."""


def test_every_convention_has_a_figure_here() -> None:
    assert set(OF_RESNET50) == set(CONVENTIONS)


@pytest.mark.parametrize("name", OF_RESNET50)
def test_a_convention_gives_the_figure_of_its_tool(name: str) -> None:
    survey = survey_of("resnet50")
    found = counted(survey, name)
    value, parts = found.macs, found.beside
    assert value == OF_RESNET50[name] == survey.totals.macs + sum(n for _, n in parts)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("resnet18", 1_794_805_760), ("resnet34", 3_644_493_824), ("resnet101", 7_570_194_432)],
)
def test_the_paper_counts_its_own_networks(name: str, expected: int) -> None:
    assert counted(survey_of(name), "paper").macs == expected


def test_what_is_partial_has_no_figure() -> None:
    survey = survey_of("oddities")
    assert counted(survey, "fvcore") == Counted(None)


@pytest.mark.parametrize("name", OF_RESNET50)
def test_python_and_verify_have_it_too(name: str) -> None:
    trace = Inspection.of(trace_of("resnet50"))
    assert trace.counted_as(name).macs == OF_RESNET50[name]
    assert trace.table("stages", count_as=name).totals == trace.table(count_as=name).totals
    found = verdict(trace.survey, name)
    assert found.sound
    assert found.opinion.value == OF_RESNET50[name]
    assert found.explained == trace.counted_as(name).beside


def test_a_convention_that_is_not_there_is_refused() -> None:
    trace = Inspection.of(trace_of("resnet18"))
    for ask in (trace.counted_as, lambda name: trace.table(count_as=name)):
        with pytest.raises(UnknownName, match="unknown convention 'ptflops'"):
            ask("ptflops")
    partial = verdict(survey_of("oddities"), "fvcore")
    assert partial.opinion.value is None
    assert partial.sound
