"""What is found in the rows of a table: the matching, the sorted, the hottest, the nearest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.tui.panels.lists.search import (
    SAMPLE,
    hottest,
    leaves,
    matches,
    nearest,
    ranked,
    sample,
)
from resnet_inspect.views.tables.filter import query_of
from resnet_inspect.views.tables.table import Cell, Heading, Table, listing
from resnet_inspect.views.words.text import Value


def table_of(values: Sequence[Value]) -> Table:
    """A table of one column."""
    columns = (Heading("value", "value", "left", 0),)
    return listing("values", "", columns, [(Cell(value, str(value)),) for value in values])


def test_a_sample_is_all_of_few_rows_and_evenly_taken_of_many() -> None:
    few = table_of(range(SAMPLE))
    assert sample(few) == few.rows
    many = sample(table_of(range(10 * SAMPLE)))
    assert [row.cells[0].value for row in many] == list(range(0, 10 * SAMPLE, 10))
    assert SAMPLE <= len(sample(table_of(range(2 * SAMPLE - 1)))) < 2 * SAMPLE


def test_rows_are_ranked_by_nothing_numbers_sizes_and_words() -> None:
    values: tuple[Value, ...] = ("b", (2, 3), None, 7, (1, 9), "a", 2.5, (2, 2, "?"), True)
    order = [values[place] for place in ranked(table_of(values), "value", reverse=False)]
    assert order == [None, True, 2.5, (2, 2, "?"), (2, 3), 7, (1, 9), "a", "b"]
    turned = [values[place] for place in ranked(table_of(values), "value", reverse=True)]
    assert turned == order[::-1]


def test_rows_that_are_alike_stay_in_the_order_of_the_trace() -> None:
    table = table_of((2, 1, 2, 1))
    assert ranked(table, "value", reverse=False) == [1, 3, 0, 2]
    assert ranked(table, "value", reverse=True) == [0, 2, 1, 3]


def test_what_is_broken_down_is_neither_ranked_nor_hot() -> None:
    table = ri.tabulate(trace_of("resnet18"))
    shown = [table.rows[place] for place in leaves(table)]
    assert {"conv1", "fc"} <= {table.cell(row, "path").text for row in shown}
    assert not {row.kind for row in shown} & {"stage", "block", "stem", "head"}
    assert sorted(ranked(table, "parameters", reverse=True)) == leaves(table)
    # The last stage's 3×3 convolutions of 512 channels have the most parameters.
    assert hottest(table, "parameters") == 512 * 512 * 3 * 3
    first = table.rows[ranked(table, "parameters", reverse=True)[0]]
    assert table.cell(first, "path").text == "layer4.0.conv2"
    assert hottest(table, "path") == 0.0, "no numbers"


def test_a_query_finds_places_but_neither_the_whole_nor_the_rest() -> None:
    table = ri.tabulate(trace_of("resnet18"))
    found = matches(table, query_of("stride:2 conv", table), lambda: False)
    paths = [table.cell(table.rows[place], "path").text for place in found]
    assert paths == ["conv1", *(
        f"layer{stage}.0.{name}" for stage in (2, 3, 4) for name in ("conv1", "downsample.0")
    )]  # fmt: skip
    every = matches(table, query_of("", table), lambda: False)
    left_out = [row.kind for place, row in enumerate(table.rows) if place not in every]
    assert left_out == ["rest"]


def test_a_search_that_is_no_longer_wanted_is_cut_short() -> None:
    table = table_of(["x"] * 2_000)
    asked = iter((False, False, True))
    found = matches(table, query_of("", table), lambda: next(asked))
    assert found == list(range(1_000)), "asked after every 500 rows"
    assert matches(table, query_of("", table), lambda: True) == []


@pytest.mark.parametrize(("typed", "named"), [
    ("dwnsample", ["downsample"]),
    ("conw1", ["conv1"]),
    ("stride:2 maxpol", ["maxpool"]),
    ("qqqqqq", []),
    ("", []),
])  # fmt: skip
def test_the_nearest_names_are_at_most_three_of_what_is_written(
    typed: str, named: list[str]
) -> None:
    found = nearest(typed, ri.tabulate(trace_of("resnet18")))
    assert found[: len(named)] == named
    assert len(found) <= 3
    assert bool(found) == bool(named)
