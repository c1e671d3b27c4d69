"""The panes beside each other: how wide each is, and one over all."""

from __future__ import annotations

from driving import Keys, drive, explorer_of, settle

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.panes import Panes


def test_side_panes_are_as_wide_as_they_are_made_and_the_screen_allows() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        panes = app.query_one(Panes)
        assert panes.widths == {}, "none was set"
        panes.set_widths({"tree": 3, "card": 500, "table": 7, "gone": 20})
        await settle(pilot)
        assert panes.widths == {"tree": 12, "card": 130}, "12 at least, and 30 left for others"
        panes.set_widths({"tree": 30, "card": 40})
        await settle(pilot)
        assert [panes.pane_of(name).outer_size.width for name in ("tree", "card")] == [30, 40]
        panes.pane_of("table").focus()
        await settle(pilot)
        panes.resize_pane(2)
        assert panes.widths == {"tree": 28, "card": 40}, "the table takes from the tree"
        await settle(pilot)

        region = panes.pane_of("tree").region
        await pilot.mouse_down(offset=(region.right - 1, region.y + 3))
        assert panes.dragged == "tree"
        await pilot.hover(offset=(35, region.y + 3))
        await settle(pilot)
        assert panes.widths["tree"] == 36, "the frame is under the mouse"
        await pilot.mouse_up(offset=(35, region.y + 3))
        assert panes.dragged == ""
        region = panes.pane_of("card").region
        await pilot.mouse_down(offset=(region.x, region.y + 3))
        await pilot.hover(offset=(region.x - 5, region.y + 3))
        await pilot.mouse_up(offset=(region.x - 5, region.y + 3))
        await settle(pilot)
        assert panes.widths["card"] == 45

    drive(explorer_of("resnet18"), steps, (160, 50))


def test_a_pane_that_there_is_no_room_for_is_shown_alone() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        panes = app.query_one(Panes)
        hidden = next(name for name in ("tree", "card") if not panes.pane_of(name).region)
        panes.enter(hidden)
        await settle(pilot)
        assert panes.pane == hidden
        assert panes.pane_of(hidden).region.width == app.size.width
        panes.enter("table")
        await settle(pilot)
        assert panes.pane_of("table").region.width == app.size.width, "it stays one over all"
        assert panes.leave_full()
        assert not panes.leave_full()

    drive(explorer_of("resnet18"), steps, (40, 12))
