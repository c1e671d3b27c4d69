"""The card of a stage: what it changed."""

from __future__ import annotations

from card_texts import entries, said
from saved import survey_of

from resnet_inspect.views.cards import card_of


def test_a_stage() -> None:
    survey = survey_of("resnet18")
    stage = survey.anatomy.stages[1]
    of_stage = card_of(survey, stage)
    assert of_stage.title == "stage 2 (layer2)"
    assert of_stage.subtitle == "2 blocks; planes ×2, dimensions ÷2"
    assert said(of_stage, "what changed") == {
        "planes": "64 → 128", "dimensions": "56×56 → 28×28",
        "receptive field": "43×43 → 99×99", "jump": "4×4 → 8×8",
    }  # fmt: skip
    assert [e.target for e in entries(of_stage, "blocks")] == list(stage.blocks)
    assert said(card_of(survey, survey.anatomy.stages[0]), "what changed")["planes"] == (
        "64, unchanged"
    )
