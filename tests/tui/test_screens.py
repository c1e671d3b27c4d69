"""How the explorer's screens look at several sizes: what must be readable, and what fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from by_hand import measured
from driving import DATA, card_text, chosen_path, explore, table_of, tree_of
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import OptionList
from textual.widgets._footer import FooterKey

import resnet_inspect as ri
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS
from resnet_inspect.tui.panels.card import CardPanel
from resnet_inspect.tui.panels.row_list import Piece
from resnet_inspect.tui.panels.totals_line import TotalsLine
from resnet_inspect.tui.panels.trace_table import TraceTable
from resnet_inspect.tui.screens.help import FILTERS, Help
from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row
from resnet_inspect.views.tables.timing import beside


def lines_of(app: Explorer) -> list[str]:
    """What stands on the screen, line by line."""
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


def help_of(app: Explorer) -> Help:
    assert isinstance(app.screen, Help)
    return app.screen


@pytest.mark.parametrize(("key", "name", "own"), [
    ("1", "tree", "next stage"), ("2", "table", "next stage"), ("3", "card", "follow"),
])  # fmt: skip
def test_help_begins_with_the_keys_of_the_focused_pane(key: str, name: str, own: str) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press(key, "question_mark")
        first, *others = help_of(app).chapters
        assert first.heading == f"In the {name}, where you are"
        assert own in [line.label for line in first.keys]
        assert all(line.action for line in first.keys)
        listed = {line.label for chapter in others for line in chapter.keys}
        assert {action.label for action in ACTIONS} <= listed

    explore(drive)


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_the_help_is_cut(width: int) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        options = help_of(app).query_one(OptionList)
        for i in range(options.option_count):
            prompt = str(options.get_option_at_index(i).prompt)
            assert len(prompt.rstrip()) <= options.scrollable_content_region.width, prompt

    explore(drive, size=(width, 24))


def test_help_is_searched_and_does_what_is_chosen() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *"next stage")
        assert help_of(app).listed[0].label == "next stage"
        await pilot.press("enter")
        await pilot.pause()
        assert not isinstance(app.screen, Help)
        assert chosen_path(table_of(app)) == "layer1"
        await pilot.press("question_mark", *"no such key", "enter")
        assert help_of(app).query_one(".nothing").display
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)

    explore(drive)


def test_help_shows_the_keys_of_the_keymap(own_state: Path) -> None:
    (own_state / "config.toml").write_text('[keys]\nfilter = "ctrl+f"\n')

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        keys = {k.label: k.keys for chapter in help_of(app).chapters for k in chapter.keys}
        assert keys["filter"] == "^f"

    explore(drive)


def test_the_filters_that_the_help_shows_are_understood_and_find_something() -> None:
    steps = Selection(everything=True)
    trace, found = measured("resnet50")
    speed = Timing(Survey(trace), found)
    table = beside(speed, ri.tabulate(trace, "layers", steps))
    for written, _ in FILTERS:
        query = parse(written, table.columns)
        assert not query.problems, written
        assert 0 < len(query.places(table)) < len(table.rows), written


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet101"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_what_must_be_seen_is_seen_beside_the_tree(name: str, size: tuple[int, int]) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table, tree = table_of(app), tree_of(app)
        keys = [column.key for column in table.columns]
        assert keys == ["path", "operation", "output_shape", "parameters", "macs"]
        assert table.content_width <= table.room
        await pilot.press("1", "equals_sign")
        assert tree.region.width
        assert len(tree.shown) == len(tree.every)
        for line, place in enumerate(tree.shown):
            written = "".join(text for text, _ in tree.pieces(place, tree.every[place]))
            assert "…" not in written, line
            assert len(written) <= tree.room

    explore(drive, name, size)


def test_op_and_window_in_one_column_are_those_of_their_four() -> None:
    table = ri.tabulate(ri.load(DATA / "resnet50_v1.json"), "layers", Selection(everything=True))
    found = set()
    for row in table.rows:
        if row.kind not in ("layer", "function"):
            assert not table.cell(row, "operation").text
            continue
        kernel, stride = (table.cell(row, key).text for key in ("kernel_size", "stride"))
        step = "" if stride in ("", "1×1") else f"/{stride.partition('×')[0]}"
        short = table.cell(row, "op").text.replace("max pool", "max")
        assert table.cell(row, "operation").text == f"{short} {kernel}{step}".strip()
        found.add(table.cell(row, "operation").text)
    assert {"conv 7×7/2", "max 3×3/2", "conv 1×1/2", "avg pool", "add", "linear"} <= found


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


def test_the_smallest_terminal_shows_a_row() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert lines_of(app)[1].startswith("stem")

    explore(drive, "resnet50", (10, 3))


@pytest.mark.parametrize("pane", ["1", "2", "3"])
def test_the_hints_fit_80_columns_and_follow_the_focus(pane: str) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press(pane)
        await pilot.pause()
        *keys, palette = app.query(FooterKey)
        assert all(key.region.right < palette.region.x for key in keys)
        assert keys[0].description == ("next" if pane == "3" else "fold")
        assert keys[-1].description == "quit"

    explore(drive, "resnet50", (80, 24))


def test_a_low_card_sets_its_entries_side_by_side_and_they_can_be_clicked() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await app.bench.go_to_path("layer2.0.conv2")
        await pilot.pause()
        lines = card_text(app).splitlines()
        assert lines[0] == "layer2.0.conv2 · conv 3×3/2, 128 · Conv2d"
        assert "kernel 3×3   stride 2×2   pad 1×1" in lines[5]
        at = lines[3].index("inside → layer2.0")
        await pilot.click(CardPanel, offset=(at + 1, 4))  # the word is not what leads there
        await pilot.pause()
        assert card_text(app).startswith("layer2.0.conv2")
        await pilot.click(CardPanel, offset=(at + 1 + len("inside "), 4))
        await pilot.pause()
        assert card_text(app).startswith("layer2.0 · bottleneck block")

    explore(drive, "resnet50", (80, 24))


def test_the_card_is_walked_to_its_end_with_one_key() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one(CardPanel)
        await pilot.press("3", *["j"] * 60)
        await pilot.pause()
        assert card.scroll_offset.y == card.max_scroll_y > 0
        assert card.chosen == len(card.targets) - 1
        await pilot.press(*["k"] * 60)
        await pilot.pause()
        assert card.scroll_offset.y == 0

    explore(drive, "resnet50", (80, 24))


def test_text_of_the_card_can_be_selected_where_it_is_scrolled_to() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one(CardPanel)
        card.scroll_to(y=3, animate=False)
        await pilot.pause()
        lines = card_text(app).splitlines()
        assert card.scroll_offset.y == 3 < card.max_scroll_y
        await pilot.press("3")
        await pilot.pause()
        plain = lines_of(app)
        await pilot.mouse_down(CardPanel, offset=(1, 2))
        await pilot.hover(CardPanel, offset=(7, 3))
        await pilot.mouse_up(CardPanel, offset=(7, 3))
        await pilot.pause()
        below_the_rule = lines[4], lines[5][:7]
        assert app.screen.get_selected_text() == "\n".join(below_the_rule)
        marked = app.screen.get_component_rich_style("screen--selection").bgcolor
        first, last = (card.render_line(y)._segments for y in (1, 2))
        assert {piece.style.bgcolor for piece in first if piece.text.strip()} == {marked}  # type: ignore[union-attr]
        assert last[-1].style.bgcolor != marked  # type: ignore[union-attr]
        assert lines_of(app) == plain, "only the colours are others"

    explore(drive, "resnet50", (80, 24))


def test_a_step_of_the_cursor_draws_the_two_rows_that_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("down")
        await pilot.pause()
        drawn: list[int] = []
        pieces = TraceTable.pieces

        def noted(table: TraceTable, place: int, row: Row) -> list[Piece]:
            drawn.append(place)
            return pieces(table, place, row)

        monkeypatch.setattr(TraceTable, "pieces", noted)
        await pilot.press("down")
        await pilot.pause()
        assert sorted(drawn) == [1, 2]

    explore(drive, "resnet50")


def test_every_theme_can_be_read() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for name, theme in app.available_themes.items():
            if name.startswith("ansi"):
                continue
            app.theme = name
            await pilot.pause()
            table = app.query_one(TraceTable)
            behind = Color.parse(theme.to_color_system().generate()["background"])
            for part in TraceTable.COMPONENT_CLASSES:
                style = table.get_component_rich_style(part, partial=True)
                if style.color is None or "cursor" in part or "changed" in part:
                    continue
                color = Color.from_rich_color(style.color)
                assert abs(behind.brightness - color.brightness) > 0.2, (name, part, color)

    explore(drive)


def test_a_cell_that_changed_is_marked_by_more_than_colour() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.table is not None
        place = next(i for i, row in enumerate(table.every) if row.kind == "layer")
        row = table.every[place]
        table.changed = {(row.kind, table.table.cell(row, "path").text, "output_shape")}
        written = "".join(text for text, _ in table.pieces(place, row))
        assert f"{table.table.cell(row, 'output_shape').text}*" in written

    explore(drive)
