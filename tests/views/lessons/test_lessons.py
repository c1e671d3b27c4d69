"""Every sentence of every lesson: it is one, and its equations hold."""

from __future__ import annotations

import re

from hypothesis import given, settings
from lesson_texts import said, subjects
from saved import steady, survey_of, traces
from workings import value_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.formats.lessons import FORMATS
from resnet_inspect.traces.model import Trace
from resnet_inspect.views import lessons

EQUATION = re.compile(r"((?:[\d⌊⌈(][\d,./·+−()⌊⌋⌈⌉ ]*?[·+−/][\d,./·+−()⌊⌋⌈⌉ ]*?)) = ([\d,]*\d)")


def test_every_sentence_is_one_and_its_equations_hold(survey: Survey) -> None:
    seen: set[str] = set()
    for subject in subjects(survey):
        found = lessons.lesson(survey, subject, width=60)
        assert len({section.heading for section in found.sections}) == len(found.sections)
        for section in found.sections:
            assert all(len(line) <= 60 for line in section.drawing)
            seen.update(section.sentences)
    equations = 0
    for sentence in seen:
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert not re.search(r"None|\(\)|, ,|\.\.$", sentence), sentence
        for working, value in EQUATION.findall(sentence):
            assert value_of(working.strip()) == int(value.replace(",", "")), sentence
            equations += 1
    assert equations > 3


@settings(steady, max_examples=25)
@given(traces())
def test_any_trace_can_be_explained(trace: Trace) -> None:
    survey = Survey(trace)
    for subject in subjects(survey):
        assert FORMATS["text"](lessons.lesson(survey, subject))


def test_a_lesson_is_a_card_for_the_explorer() -> None:
    found = lessons.lesson(survey_of("resnet18"), "network")
    card = lessons.as_card(found)
    assert [section.heading for section in card.sections] == [s.heading for s in found.sections]
    written = [entry.text for section in card.sections for entry in section.entries]
    assert set(said(survey_of("resnet18"), "network")) <= set(written)
