"""The table of the roofline."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.views.tables.cost.roofline import view as table_of_roofline


def test_the_roofline_s_shares_sum_to_one_and_the_remark_is_their_split():
    device = Device(1e13, 1e11)
    table = table_of_roofline(survey_of("resnet50"), device)
    rows = [dict(zip(table.shown, (c.value for c in row.cells), strict=True)) for row in table.rows]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    waiting = sum(row["share"] for row in rows if row["bound"] == "memory")
    assert f"{waiting * 100:.1f}% of it in steps bound by memory" in table.remarks[1]
    assert all((row["intensity"] < 100) == (row["bound"] == "memory") for row in rows)
