"""What other tools say beside our figures: agreement, explanation, rounding."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.checks import Opinion, judge

MACS = 4_089_184_256


def verdict(figure, value, by="somebody", **more):
    return judge(survey_of("resnet50"), [Opinion(figure, by, value, **more)])[0]


def test_equal_figures_agree():
    for figure, value in (
        ("parameters", 25_557_032), ("trainable", 25_557_032), ("macs", MACS),
        ("outputs", ((1, 1000),)),
    ):  # fmt: skip
        found = verdict(figure, value)
        assert found.agrees
        assert found.sound


@pytest.mark.parametrize(("figure", "value"), [("parameters", 1), ("outputs", ((1, 10),))])
def test_others_do_not_and_are_unexplained(figure, value):
    found = verdict(figure, value)
    assert not found.agrees
    assert not found.sound


def test_a_published_figure_agrees_up_to_its_rounding():
    assert verdict("macs", 4_089_000_000, rounded_to=10**6).agrees
    assert not verdict("macs", 4_090_000_000, rounded_to=10**6).agrees


def test_who_could_not_be_asked_is_no_evidence():
    found = verdict("macs", None, reason="it raised")
    assert not found.agrees
    assert found.sound


def test_one_off_is_not_explained_away():
    assert not verdict("macs", 4_089_238_377, by="torchinfo 1.8.0").sound
    assert not verdict("macs", 4_089_238_376, by="somebody").sound
