"""The filter, as it is typed."""

from __future__ import annotations

from driving import Keys, chosen_path, drive, explore, explorer_of, settle, table_of, text_of
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer


def test_the_filter_narrows_as_one_types_and_escape_clears_it() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        whole = len(table.shown)
        await pilot.press("slash", *"conv 3x3")
        await pilot.pause()
        expected = sum(
            row.op == "conv" and table.table.cell(row, "kernel_size").text == "3×3"  # type: ignore[union-attr]
            for row in table.every
        )
        assert len(table.matches) == expected == 16
        assert "16 of" in str(app.query_one("#filter-count").render())
        await pilot.press("enter", "n")
        first = chosen_path(table)
        await pilot.press("n", "N")
        assert chosen_path(table) == first
        await pilot.press("escape")
        await pilot.pause()
        assert len(table.shown) == whole

    explore(drive)


def test_a_filter_without_a_hit_says_what_is_written_much_like_it() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("slash", *"dwnsample")
        await settle(pilot)
        said = text_of(app, "#filter-count")
        assert "like it: downsample" in said
        assert said.endswith("0 of 45"), said

    drive(explorer_of("resnet18"), steps)
