"""Second opinions as a table: how many agree, and why others do not."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.checks import Opinion, judge
from resnet_inspect.formats import render
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables import checks


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
