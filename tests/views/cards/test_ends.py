"""The cards of the stem and the head."""

from __future__ import annotations

from card_texts import entries, said
from saved import survey_of

from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.card import Card


def test_the_ends() -> None:
    survey = survey_of("resnet18")
    assert [e.text for e in entries(card_of(survey, "stem"), "steps")] == [
        "conv1", "bn1", "relu", "maxpool",
    ]  # fmt: skip
    assert said(card_of(survey, "head"), "what changed")["dimensions"] == "7×7 → none"
    assert card_of(survey_of("plain"), "stem") == Card("stem", "the network has none", ())
