"""The panes beside each other: a pane is a class and a line in `PANELS`."""

from __future__ import annotations

from driving import card_text, chosen_path, explore, in_a_fresh_interpreter, table_of, tree_of
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer

TOY = """
from textual.binding import Binding
from textual.widgets import OptionList, Static
from resnet_inspect.tui.panels import PANELS

class Notes(Static, can_focus=True):
    DEFAULT_CLASSES = "panel"
    BORDER_TITLE = " Notes "
    BINDINGS = [Binding("x", "write", "write", tooltip="write it down")]

    def on_mount(self):
        self.watch(self.app.bench, "about", self.note)

    def note(self, about):
        self.update("nothing" if about is None else f"of {about[1]}")

PANELS["notes"] = Notes

from driving import drive, explorer_of, settle, table_of, text_of

async def steps(app, pilot):
    assert app.query_one("#notes").region.right == app.size.width
    await pilot.press("j")
    await settle(pilot)
    assert text_of(app, "#notes") == f"of {app.bench.about[1]}"
    await pilot.press("4", "f")
    assert app.focused.id == app.bench.pane == "notes"
    assert app.query_one("#notes").size.width > 100
    await pilot.press("f")
    width = app.query_one("#notes").size.width
    await pilot.press("greater_than_sign")
    await settle(pilot)
    assert app.query_one("#notes").size.width == width + 2
    assert app.bench.widths == {"notes": width + 4}
    await pilot.press("question_mark")
    await settle(pilot)
    lines = [str(line.prompt) for line in app.screen.query_one(OptionList).options]
    assert lines[0] == "In the notes, where you are"
    assert "write it down" in lines[1]
    assert any("the notes" in line for line in lines[2:])

drive(explorer_of("resnet18"), steps)
"""


def test_a_new_pane_is_shown_told_reached_resized_and_helped_with() -> None:
    in_a_fresh_interpreter(TOY)


def test_tree_table_and_card_follow_each_other() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table, tree = table_of(app), tree_of(app)
        await pilot.press("right_square_bracket", "right_square_bracket", "j", "j")
        assert chosen_path(table) == chosen_path(tree) == "layer2.0.conv1" or chosen_path(
            table
        ).startswith("layer")
        assert chosen_path(tree) == chosen_path(table)
        assert chosen_path(table) in card_text(app)
        await pilot.press("1", "end", "up")
        await pilot.pause()
        assert app.focused is tree
        assert table.row is not None
        assert tree.row is not None
        assert table.row.span[0] >= tree.row.span[0]

    explore(drive)
