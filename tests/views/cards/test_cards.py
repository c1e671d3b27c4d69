"""Cards of every kind: every target has a card, drawings keep to the width."""

from __future__ import annotations

import pytest
from card_texts import every_subject
from hypothesis import given
from saved import steady, survey_of, trace_of, traces

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import CARDS, card_of
from resnet_inspect.views.cards.card import Card, Section, filled
from resnet_inspect.views.cards.subjects import Subject, index_of


def test_every_target_has_a_card(survey: Survey) -> None:
    for subject in every_subject(survey):
        for section in card_of(survey, subject).sections:
            assert section.entries or section.drawing
            for entry in section.entries:
                assert entry.text
                if entry.target is not None:
                    assert card_of(survey, entry.target).title
                    assert 0 <= index_of(survey, entry.target) < len(survey.trace.calls)


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [24, 33, 80])
def test_drawings_keep_to_the_width(survey: Survey, width: int, ascii: bool) -> None:
    for subject in every_subject(survey):
        for section in card_of(survey, subject, width, 12, ascii).sections:
            assert all(len(line) <= width for line in section.drawing)
            if section.heading == "way":
                assert len(section.drawing) <= 12


def test_a_new_kind_of_card_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def middle(survey: Survey, subject: Subject, width: int, height: int, ascii: bool) -> Card:
        return filled("middle", survey.trace.model_name, Section("way", drawing=("-" * width,)))

    monkeypatch.setitem(CARDS, "middle", middle)
    of_middle = card_of(survey_of("resnet18"), "middle", 5)  # type: ignore[arg-type]
    assert of_middle == Card("middle", "resnet18", (Section("way", drawing=("-----",)),))


def test_cards_are_values() -> None:
    survey = survey_of("resnet18")
    fresh = Survey(trace_of("resnet18"))
    for subject in every_subject(survey):
        assert card_of(survey, subject) == card_of(fresh, subject)
        assert hash(card_of(survey, subject)) == hash(card_of(fresh, subject))


@given(traces())
@steady
def test_any_trace_has_cards(trace: object) -> None:
    survey = Survey(trace)  # type: ignore[arg-type]
    for subject in every_subject(survey):
        of_it = card_of(survey, subject, 30)
        for written in (
            of_it.title,
            of_it.subtitle,
            *(t for s in of_it.sections for e in s.entries for t in (e.label, e.text)),
        ):
            assert not set(written) & set("\n\r\t\x1b\u2028\u202e")
