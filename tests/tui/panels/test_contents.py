"""What the panes show, made of surveys."""

from __future__ import annotations

from typing import Any

from by_hand import measured
from saved import survey_of, trace_of
from signals import run_of

import resnet_inspect as ri
from resnet_inspect.tui.panels.contents import Contents, lay_out, let_go, recorded
from resnet_inspect.tui.session.measured import Beside, beside
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


def laid_out(view: str = "layers", other: str = "", **how: Any) -> Contents:
    """ResNet-18, alone or beside another."""
    selection = how.pop("selection", Selection())
    second = survey_of(other) if other else None
    return lay_out(survey_of("resnet18"), second, view, selection, lambda step: None, **how)


def times(runs: int) -> Beside:
    """Times of so many runs by hand."""
    return beside(survey_of("resnet18"), measured("resnet18", runs)[1])


def test_a_row_for_the_network_stands_over_the_rows_of_calls_alone() -> None:
    for view in ("layers", "blocks", "stages", "modules"):
        rows = laid_out(view).rows.table.rows
        printed = ri.tabulate(trace_of("resnet18"), view).rows
        whole = rows[: len(rows) - len(printed)]
        assert [row.kind for row in whole] == ["network"] * (view != "modules")
        assert rows[len(whole) :] == printed


def test_the_tree_has_all_layers_whatever_is_selected() -> None:
    tree = laid_out("stages", selection=Selection(stage=2)).network.table
    names = [tree.cell(row, "path").text for row in tree.rows]
    assert {"conv1", "layer1.0.conv1", "layer4.1.conv2", "fc"} <= set(names)
    assert "bn1" not in names
    every = laid_out("stages", selection=Selection(everything=True)).network.table
    assert "bn1" in [every.cell(row, "path").text for row in every.rows]


def test_the_steps_of_long_work_are_told() -> None:
    told: list[str] = []
    lay_out(survey_of("resnet18"), None, "layers", Selection(), told.append)
    calls = len(trace_of("resnet18").calls)
    assert told == ["finding stages and blocks", "counting", f"laying out {calls} calls"]


def test_what_was_recorded_stands_beside_calls_and_can_be_renewed() -> None:
    contents = laid_out(beside=times(1))
    assert "time" in contents.rows.table.shown
    assert "time" not in contents.bare.index
    (place,) = [i for i, r in enumerate(contents.bare.rows) if r.op == "linear"]
    first, third = (
        recorded(contents, times(runs), ()).rows.table for runs in (1, 3)
    )  # one more run has taken longer each time
    assert first.cell(first.rows[place], "time") == contents.rows.table.cell(
        contents.rows.table.rows[place], "time"
    )
    before, after = (t.cell(t.rows[place], "time").value for t in (first, third))
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert after > before
    assert laid_out("modules", beside=times(1)).rows.table.shown == VIEWS["modules"].shown


def test_columns_of_what_was_recorded_can_be_asked_for() -> None:
    flowed = beside(survey_of("resnet18"), run_of(trace_of("resnet18"), 1))
    asked = ("path", "output_std", "macs")
    contents = laid_out(beside=flowed, selection=Selection(columns=asked))
    assert contents.rows.table.shown == contents.asked == asked


def test_two_networks_are_under_one_row_without_what_was_recorded() -> None:
    contents = laid_out(other="resnet34", beside=times(1))
    assert contents.difference is not None
    assert contents.beside is None
    table, tree = contents.rows.table, contents.network.table
    assert [t.cell(t.rows[0], "path").text for t in (table, tree)] == ["both networks"] * 2
    assert "change" in table.index
    assert "time" not in table.index


def test_the_batch_is_the_first_of_several_sizes() -> None:
    assert laid_out().batch == 1


def test_what_is_shown_no_more_is_let_go() -> None:
    kept, gone = laid_out(), laid_out("stages")
    held = [kept, gone]
    rows = len(kept.rows.table.rows)
    let_go(held)
    assert held == [kept]
    assert len(kept.rows.table.rows) == rows
