"""Comparisons of times, with their units."""

from __future__ import annotations

import pytest

from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.table import Cell, Heading, listing
from resnet_inspect.views.words.text import seconds, share


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("time>1ms", "slow"), ("time > 1.5ms", "slow"), ("time<2µs", "quick"),
        ("time<2us", "quick"), ("time>=0.5s", ""), ("time>=800ns", "quick even slow"),
        ("time_share>5%", "slow"), ("time:1.000ms", "even"),
    ],
)  # fmt: skip
def test_times_are_compared_with_their_units(written: str, expected: str) -> None:
    headings = (
        Heading("path", "layer", "left", 0), Heading("time", "time", "right", 0),
        Heading("time_share", "share", "right", 0),
    )  # fmt: skip
    took = {"quick": 9e-7, "even": 1e-3, "slow": 0.2}
    rows = ((Cell(n, n), Cell(t, seconds(t)), Cell(t, share(t))) for n, t in took.items())
    table = listing("times", "", headings, rows)
    asked = parse(written, table.columns)
    assert not asked.problems
    assert [table.cell(table.rows[i], "path").text for i in asked.places(table)] == expected.split()
