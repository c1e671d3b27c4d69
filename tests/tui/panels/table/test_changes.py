"""Which cells are marked as changed."""

from __future__ import annotations

import pytest
from driving import (
    DATA,
    SAVED,
    explore,
    table_of,
)
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.table.changes import changes


@pytest.mark.parametrize("name", SAVED)
def test_nothing_has_changed_in_the_same_trace(name: str) -> None:
    table = ri.tabulate(ri.load(DATA / f"{name}.json"))
    assert changes(table, table) == set()


def test_a_cell_that_changed_is_marked_by_more_than_colour() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.table is not None
        place = next(i for i, row in enumerate(table.every) if row.kind == "layer")
        row = table.every[place]
        table.changed = {(row.kind, table.table.cell(row, "path").text, "output_shape")}
        written = "".join(text for text, _ in table.pieces(place, row))
        assert "64×112²*" in written

    explore(drive)
