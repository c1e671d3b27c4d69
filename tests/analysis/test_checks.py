"""What other tools say beside our figures: agreement, explanation, rounding."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis import torchinfo
from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.formats import render
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables import checks

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


def test_torchinfo_counts_norms_and_biases():
    # torchinfo 1.8.0 prints 4,089,238,376 for ResNet-50: 53,120 in norms and 1,000 biases more.
    found = verdict("macs", 4_089_238_376, by="torchinfo 1.8.0")
    assert found.explained == (("norm weights and biases", 53_120), ("linear biases", 1_000))
    assert found.sound


def test_one_off_is_not_explained_away():
    assert not verdict("macs", 4_089_238_377, by="torchinfo 1.8.0").sound
    assert not verdict("macs", 4_089_238_376, by="somebody").sound


def test_the_parts_for_a_batch_of_two_and_odd_sizes():
    survey = survey_of("resnet18_odd")
    assert torchinfo.macs(survey) == (
        ("norm weights and biases", 2 * 9_600), ("linear biases", 2 * 1_000),
    )  # fmt: skip


def test_the_table_says_how_many_agree():
    survey = survey_of("resnet50")
    found = judge(
        survey,
        [
            Opinion("parameters", "torch", 25_557_032),
            Opinion("macs", "torchinfo 1", 4_089_238_376),
            Opinion("macs", "nobody", 1),
            Opinion("macs", "silent", None, reason="it raised"),
        ],
    )
    table = checks.view(survey, found)
    assert table.remarks == (
        "3 opinions: 1 agree, 1 explained, 1 unexplained; 1 row cannot be compared",
    )
    assert [table.cell(row, "verdict").text for row in table.rows] == [
        "agrees", "explained", "unexplained", "no opinion",
    ]  # fmt: skip
    assert [table.cell(row, "explanation").text for row in table.rows] == [
        "",
        "it counts norm weights and biases +53,120, linear biases +1,000",
        "differs by -4,089,184,255",
        "it raised",
    ]


BECAUSE = "it counts norm weights and biases +53,120, linear biases +1,000"


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200, None])
def test_why_is_said_in_full_at_every_width(width):
    survey = survey_of("resnet50")
    found = judge(
        survey,
        [Opinion("macs", "torchinfo 1", 4_089_238_376), Opinion("macs", "b", None, reason="no")],
    )
    layout = lay_out(checks.view(survey, found), width)
    words = " ".join(layout.text.split())
    assert BECAUSE in words
    assert "explanation" not in layout.dropped
    assert "verdict" not in layout.dropped
    note = f"note: MACs, torchinfo 1, explained: {BECAUSE}"
    assert (note in words) == (width is not None and width < 150)
    assert all(len(line) <= (width or 999) for line in layout.text.splitlines())


def test_why_stands_in_its_row_where_nothing_limits_the_width():
    survey = survey_of("resnet50")
    table = checks.view(survey, judge(survey, [Opinion("macs", "torchinfo 1", 4_089_238_376)]))
    (row,) = (line for line in render(table, "md").splitlines() if "torchinfo" in line)
    assert BECAUSE in row
    assert "note" not in render(table, "md")
