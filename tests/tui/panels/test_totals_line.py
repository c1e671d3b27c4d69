"""The line of totals."""

from __future__ import annotations

import pytest
from driving import explore, table_of
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.totals_line import TotalsLine


@pytest.mark.parametrize("width", [20, 45, 60, 80, 120])
def test_no_total_is_cut(width: int) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        line = app.query_one(TotalsLine)
        written = str(line.render())
        table = table_of(app).table
        assert table is not None
        assert len(written) <= line.size.width
        numbers = [part.partition(" ")[0] for part in written.split(" · ")]
        totals = [total.cell.text.partition(" ")[0] for total in table.totals]
        assert set(filter(None, numbers)) <= set(totals)
        if width == 120:
            assert written.endswith("427×427 receptive field · 16 blocks")

    explore(drive, "resnet50", (width, 24))
