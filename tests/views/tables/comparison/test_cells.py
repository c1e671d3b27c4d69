"""The cells of two networks: of a row by its line on either side, and of totals."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.views.tables.comparison.cells import Lines, cell_of, flag, totals_of_both, word
from resnet_inspect.views.tables.comparison.headings import KEYS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import call_line
from resnet_inspect.views.tables.table import EMPTY, Cell, Total

SIDES = survey_of("resnet50"), survey_of("resnet50_v1")


def line(side: int, path: str) -> Line:
    trace = SIDES[side].trace
    return call_line(SIDES[side], trace.calls[trace.calls_at[path][0]])


def cell(key: str, lines: Lines, known: dict[str, Cell] | None = None) -> Cell:
    return cell_of(SIDES, lines, known or {}, KEYS.index(key))


CONV = line(0, "layer2.0.conv1"), line(1, "layer2.0.conv1")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("path", "layer2.0.conv1"),  # the same on both sides
        ("window", "1×1 → 1×1 stride 2"),
        ("output_shape", "1×128×56×56 → 1×128×28×28"),
        ("left_stride", "1×1"),
        ("right_stride", "2×2"),
        ("left_parameters", "32,768"),
        ("parameters_difference", "0"),
        ("macs_difference", "-77.07 M"),
    ],
)
def test_a_step_of_both(key: str, text: str) -> None:
    assert cell(key, CONV).text == text


def test_a_step_of_one_side_has_cells_of_that_alone() -> None:
    left: Lines = (CONV[0], None)
    right: Lines = (None, CONV[1])
    assert cell("right_stride", left) == EMPTY
    assert cell("path", left).text == cell("path", right).text == "layer2.0.conv1"
    assert cell("window", right).text == "1×1 stride 2"
    assert cell("parameters_difference", left) == Cell(-32_768, "-32,768")
    assert cell("macs_difference", right).text == "+25.69 M"


def test_names_that_differ_stand_with_an_arrow_and_an_empty_one_is_none() -> None:
    assert (
        cell("path", (CONV[0], line(1, "layer2.0.conv2"))).text == "layer2.0.conv1 → layer2.0.conv2"
    )
    assert cell("window", (CONV[0], line(1, "layer2.0.bn1"))).text == "1×1 → none"


def test_a_difference_of_what_is_partial_is_not_known() -> None:
    odd = survey_of("oddities")
    lstm = call_line(odd, odd.trace.calls[odd.trace.calls_at["lstm"][0]])
    found = cell_of((odd, odd), (lstm, lstm), {}, KEYS.index("macs_difference"))
    assert (found.value, found.text) == (None, "?")


def test_what_is_known_beforehand_is_taken() -> None:
    assert cell("note", CONV, {"note": Cell("n", "n")}) == Cell("n", "n")
    assert (word(""), word("a")) == (EMPTY, Cell("a", "a"))
    assert (flag(True).text, flag(False).text) == ("yes", "no")


def test_totals_of_both_have_what_either_has() -> None:
    left = [Total("macs", "MACs", Cell(5, "5")), Total("time", "time", Cell(1.0, "1 s"))]
    right = [Total("macs", "MACs", Cell(7, "7")), Total("blocks", "blocks", Cell(2, "2"))]
    assert list(totals_of_both(left, right)) == [
        ("macs", "MACs", (5, 7), "5 → 7"),
        ("time", "time", (1.0, None), "1 s → ?"),
        ("blocks", "blocks", (None, 2), "? → 2"),
    ]
    assert next(totals_of_both(left, left))[3] == "5"
