"""The modules view: what is shared, tied, never called, and what each costs."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, survey_of, window
from table_rows import all_must_hold

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


def test_modules_tell_what_is_shared_tied_and_uncalled() -> None:
    table = VIEWS["modules"](survey_of("oddities"), Selection())
    notes = {table.cell(row, "path").text: table.cell(row, "note").text for row in table.rows}
    calls = {table.cell(row, "path").text: table.cell(row, "calls").value for row in table.rows}
    assert notes["shared"] == "also again"
    assert notes["decoder"] == "weight is encoder.weight"
    assert notes["uncalled"] == "never called"
    assert (calls["shared"], calls["uncalled"], calls["lstm"]) == (2, 0, 1)


def test_modules_cost_what_their_own_calls_do() -> None:
    table = VIEWS["modules"](survey_of("oddities"), Selection())
    costs = {table.cell(row, "path").text: table.cell(row, "macs") for row in table.rows}
    assert costs["shared"].value == 2 * (2 * 16 * 4 * 4 * 9)
    assert costs["uncalled"].value == 0
    assert costs["lstm"].text == "?"


def test_a_module_that_two_others_hold_counts_once_at_every_depth() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2, 4, 4)
    by_hand.step("a.x", conv(2, 2, window(1)), x, weights={"weight": (2, 2, 1, 1)})
    trace = by_hand.trace()
    root, shared = trace.modules
    a = replace(root, path="a", children=("a.x",))
    shared = replace(shared, aliases=("b.x",))
    root = replace(root, children=("a", "b"))
    modules = (root, a, shared, replace(a, path="b"))
    survey = Survey(replace(trace, modules=modules))
    for depth in (None, 0, 1, 2):
        all_must_hold(VIEWS["modules"](survey, Selection(depth=depth)))
