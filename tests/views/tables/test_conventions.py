"""The totals of other conventions as a table, and beside the totals of a view."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.views.tables.conventions import view, with_convention
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.trace import layers

OF_RESNET50 = {
    "torchinfo": 4_089_238_376,
    "fvcore": 4_111_512_576,
    "thop": 4_133_742_592,
    "paper": 3_857_973_248,
}
"""As torchinfo 1.8.0, fvcore 0.1.5 and thop 0.1.1 print them; the paper says 3.8 billion."""


@pytest.mark.parametrize("name", OF_RESNET50)
def test_a_table_has_the_figure_of_a_convention_and_says_why_it_differs(name: str) -> None:
    survey = survey_of("resnet50")
    table = with_convention(layers.view(survey, Selection()), survey, name)
    (total,) = (own for own in table.totals if own.key == f"macs_{name}")
    assert total.cell.text == f"{OF_RESNET50[name]:,}"
    assert f"{OF_RESNET50[name]:,} = 4,089,184,256 and " in table.remarks[-1]
    place = table.totals.index(total)
    assert table.totals[place - 1].key == "macs"


def test_what_is_partial_is_said_to_be_not_known() -> None:
    survey = survey_of("oddities")
    table = with_convention(layers.view(survey, Selection()), survey, "fvcore")
    assert "not known" in table.remarks[-1]


def test_a_convention_that_counts_the_same_says_so() -> None:
    survey = survey_of("resnet50_v1")
    table = with_convention(layers.view(survey, Selection()), survey, "paper")
    assert table.remarks[-1] == "MACs of the paper are the same: 3,857,973,248"


def test_every_convention_stands_below_ours() -> None:
    table = view(survey_of("resnet50"))
    macs = {table.cell(row, "name").text: table.cell(row, "macs").value for row in table.rows}
    assert macs == {"resnet-inspect": 4_089_184_256, **OF_RESNET50}
    assert next(iter(macs)) == "resnet-inspect"
    beside = {table.cell(row, "name").text: table.cell(row, "beside").text for row in table.rows}
    assert beside["resnet-inspect"] == ""
    assert beside["torchinfo"] == "norm weights and biases +53,120, linear biases +1,000"


def test_what_a_convention_cannot_count_has_a_question_mark() -> None:
    table = view(survey_of("oddities"))
    (row,) = (row for row in table.rows if table.cell(row, "name").text == "fvcore")
    assert (table.cell(row, "macs").value, table.cell(row, "macs").text) == (None, "?")
