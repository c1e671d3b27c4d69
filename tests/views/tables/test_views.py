"""Every view: rows that sum, subtotals that hold, levels that nest."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import SMALL, ByHand, steady, survey_of
from table_rows import all_must_hold, subtotals_must_sum

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Unknown
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.ops import KINDS


@pytest.mark.parametrize("view", VIEWS)
def test_rows_sum_to_the_totals(survey: Survey, view: str) -> None:
    all_must_hold(VIEWS[view](survey, Selection()))


@pytest.mark.parametrize("fold", [False, True], ids=["unfolded", "folded"])
@pytest.mark.parametrize("view", ["layers", "blocks"])
def test_subtotals_sum_what_is_below_them_when_nothing_is_hidden(
    survey: Survey, view: str, fold: bool
) -> None:
    table = VIEWS[view](survey, Selection(everything=True, fold=fold))
    all_must_hold(table)
    subtotals_must_sum(table)


selections = st.builds(
    Selection,
    everything=st.booleans(),
    only=st.just(()) | st.lists(st.sampled_from(KINDS), max_size=3).map(tuple),
    match=st.none()
    | st.sampled_from(
        ["*", "*conv*", "layer1*", "layer?.0.*", "*:add", "nothing", "", "[a-l]*", "stem", "units*"]
    ),
    stage=st.none() | st.integers(1, 4),
    depth=st.none() | st.integers(0, 5),
    fold=st.booleans(),
    columns=st.just(()) | st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True),
)


@steady
@given(st.sampled_from(SMALL), st.sampled_from(sorted(VIEWS)), selections)
def test_rows_sum_to_the_totals_whatever_is_selected(
    name: str, view: str, selection: Selection
) -> None:
    survey = survey_of(name)
    numbers = [stage.number for stage in survey.anatomy.stages]
    if selection.stage not in numbers:
        selection = replace(selection, stage=None)
    table = VIEWS[view](survey, selection)
    all_must_hold(table)
    assert table.shown == tuple(selection.columns or VIEWS[view].shown)


@pytest.mark.parametrize("depth", range(5))
def test_rows_sum_at_every_depth(survey: Survey, depth: int) -> None:
    for view in ("layers", "modules"):
        all_must_hold(VIEWS[view](survey, Selection(depth=depth, everything=True)))


def test_names_cannot_move_the_cursor() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2)
    by_hand.step("a\nb\x1b[31m\r\u2028c", Activate("re\tlu"), x)
    by_hand.step("d", Unknown("\x07", "\x00"), x)
    trace = replace(by_hand.trace(), model_name="new\nline")
    for view in VIEWS:
        table = VIEWS[view](Survey(trace), Selection(everything=True))
        written = [table.title, *table.remarks]
        written += [cell.text for row in table.rows for cell in row.cells]
        assert all(len(line.splitlines()) <= 1 for line in written)
        assert not any(re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line) for line in written)
    table = VIEWS["layers"](Survey(trace), Selection(everything=True))
    path = table.cell(table.rows[0], "path")
    assert path.value == "a\nb\x1b[31m\r\u2028c"
    assert path.text == "a␊b␛[31m␍\ufffdc"


def test_every_view_shows_columns_that_are_there() -> None:
    for keys in (view.shown for view in VIEWS.values()):
        assert set(keys) <= set(COLUMNS)
        assert len(set(keys)) == len(keys)
