"""The tensor's way in one line: runs of maps of one size, the chosen place, and a click."""

from __future__ import annotations

import re

from driving import Keys, chosen_path, drive, explorer_of, settle, table_of, text_of

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.way_strip import WayStrip


def test_the_sizes_of_the_maps_are_those_of_the_network() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await settle(pilot)
        assert re.findall(r"\d+", text_of(app, "#way")) == [
            "224", "112", "56", "28", "14", "7", "1",
        ]  # fmt: skip
        strip = app.query_one(WayStrip)
        heights = ["▁▂▃▄▅▆▇█".index(text_of(app, "#way")[at]) for at, _ in strip.spots]
        assert heights == sorted(heights, reverse=True)
        assert heights[0] == 7

    drive(explorer_of("resnet50"), steps, (120, 40))


def test_a_click_goes_to_a_step_and_the_chosen_one_is_marked() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        strip = app.query_one(WayStrip)
        at, row = next(s for s in strip.spots if s[1].span[0] > 40)
        await pilot.click("#way", offset=(2 + at, 0))
        await settle(pilot)
        assert table_of(app).row is not None
        assert table_of(app).row.span == row.span
        assert strip._is_chosen(row, row)
        marked = [r for _, r in strip.spots if strip._is_chosen(r, r)]
        assert marked == [row]
        await app.bench.go_to_path(chosen_path(table_of(app)).rpartition(".")[0])
        await settle(pilot)
        assert len([r for _, r in strip.spots if strip._is_chosen(r, r)]) > 1, "of a block, all"

    drive(explorer_of("resnet18"), steps, (120, 40))


def test_there_is_none_without_maps_nor_on_a_low_screen() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await settle(pilot)
        assert not app.query_one("#way").region

    drive(explorer_of("resnet18"), steps, (80, 24))
