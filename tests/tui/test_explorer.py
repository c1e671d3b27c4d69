"""The explorer driven by keys on saved traces, at several sizes; no torch is needed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from driving import card_text, chosen_path, explore, table_of, tree_of
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS, identifier
from resnet_inspect.tui.panels.card import CardPanel
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.session.request import Request
from resnet_inspect.views.cards.card import Card, Entry, Section

DATA = Path(__file__).parents[1] / "data"
Drive = Callable[[Explorer, Pilot[int]], Awaitable[None]]


def in_a_terminal(subject: str, *, until: bytes) -> tuple[int, int, bytes, bool]:
    """Run the explorer in a pty and press q once `until` is on the screen.

    Gives the process, its exit code, what it wrote, and whether q was pressed.
    """
    import pty
    import select
    import time

    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ["PYTHONPATH"] = str(DATA.parents[1])
        os.execv(sys.executable, [sys.executable, "-m", "resnet_inspect", "tui", subject])
    seen = b""
    pressed = False
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
        if not pressed and until in seen:
            os.write(terminal, b"q")
            pressed = True
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return child, os.waitstatus_to_exitcode(status), seen, pressed


SIZES = [(80, 24), (120, 40), (200, 60), (60, 20), (40, 12), (10, 3)]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", ["resnet50", "names", "oddities", "broken", "plain", "r3d_18"])
def test_every_size_shows_every_trace(name: str, size: tuple[int, int]) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert len(table_of(app).every) > 0
        await pilot.press("down", "pagedown", "G", "g", "space", "minus", "equals_sign")
        await pilot.resize_terminal(33, 9)
        await pilot.resize_terminal(150, 50)
        assert table_of(app).row is not None

    assert explore(drive, name, size).return_code in (0, None)


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
def test_the_cells_are_those_of_the_printouts(size: tuple[int, int]) -> None:
    printed = ri.tabulate(ri.load(DATA / "resnet50.json"))

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        for row, expected in zip(table.every, printed.rows, strict=True):
            for column in table.columns:
                if column.key not in ("path", "share"):
                    assert table.written(row, column) == printed.cell(expected, column.key).text

    explore(drive, "resnet50", size)


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


def test_folding_hides_and_shows_what_is_inside() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        whole = len(table.shown)
        await pilot.press("minus")
        assert {table.every[i].level for i in table.shown} == {0}
        await pilot.press("equals_sign")
        assert len(table.shown) == whole
        await pilot.press("g", "right_square_bracket", "h")
        assert len(table.shown) < whole
        await pilot.press("l")
        assert len(table.shown) == whole

    explore(drive)


def test_sorting_by_a_column_and_again_reverses() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.table is not None
        for descending in (True, False):
            await pilot.press("s", *"params", "enter")
            await pilot.pause()
            values = [table.table.cell(table.every[i], "parameters").value for i in table.shown]
            assert values == sorted(values, reverse=descending)  # type: ignore[type-var]
        assert not any(table.every[i].subtotal for i in table.shown)
        await pilot.press("escape")
        assert table.sorted_by is None

    explore(drive)


def test_heat_columns_and_views_can_be_chosen() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.press("H", *"macs", "enter")
        await pilot.pause()
        assert table.heat in ("macs", "macs_share")
        assert table.hottest > 0
        await pilot.press("v", *"stages", "enter")
        await pilot.pause()
        assert table.table is not None
        assert table.table.view == "stages"
        await pilot.press("a", "x")
        assert app.perspective.selection.everything
        assert app.perspective.selection.fold

    explore(drive)


def test_back_and_forward_through_the_places_visited() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.press("j")
        one = chosen_path(table)
        await pilot.press("G")
        other = chosen_path(table)
        await pilot.press("k")
        await pilot.press("backspace")
        await pilot.pause()
        assert chosen_path(table) in (one, other)

    explore(drive)


def test_the_network_itself_has_a_card_with_its_totals() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("1", "g")
        await pilot.pause()
        text = card_text(app)
        assert "11,689,512" in text
        assert "bar ∝ log C, thickness ∝ H" in text
        assert len(tree_of(app).shown) < 12, "sections are folded at first"

    explore(drive)


def test_a_click_on_a_title_sorts_and_on_a_row_chooses() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.click("#table", offset=(3, 1))
        assert table.sorted_by == "path"
        await pilot.press("escape", "g")
        await pilot.click("#table", offset=(8, 4))
        assert chosen_path(table) == "maxpool"

    explore(drive)


def test_an_entry_of_the_card_can_be_followed() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await app.bench.go_to_path("layer2.0.conv2")
        await pilot.pause()
        await pilot.press("3", "j", "enter")
        await pilot.pause()
        assert chosen_path(table) == "layer2"
        assert "stage 2" in card_text(app)

    explore(drive)


def test_names_that_look_like_markup_are_shown_as_they_are() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.table is not None
        drawn = "\n".join(
            "".join(segment.text for segment in table.render_line(y)) for y in range(30)
        )
        assert "[bold]" in drawn
        for _ in table.shown:
            await pilot.press("j")
        await pilot.pause()

    explore(drive, "names", (200, 60))


def test_export_writes_what_is_shown_and_never_over_a_file(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("e", "enter")
        await pilot.pause()
        written = own_state / "resnet18-layers.md"
        assert "layer4.1.conv2" in written.read_text(encoding="utf-8")
        await pilot.press("e", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert "exists already" in str(app.screen.query_one("#form-problem").render())
        await pilot.press("escape")

    explore(drive)


def test_copying_puts_the_row_or_the_table_on_the_clipboard() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("j", "y")
        assert app.clipboard.startswith("conv1\tconv\t7×7")
        await pilot.press("Y")
        assert app.clipboard.startswith("## resnet18")

    explore(drive)


def test_theme_panes_and_model_are_remembered(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("T", *"high-contrast", "enter")
        await pilot.pause()
        assert app.theme == "high-contrast"
        await pilot.press("1", "greater_than_sign", "greater_than_sign")
        await pilot.press("q")

    explore(drive)
    assert (own_state / "state.json").exists()
    again = Explorer()
    assert again.theme == "high-contrast"
    assert again.kept.panes["tree"] > 0


def test_only_widths_that_were_set_are_remembered() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("q")

    explore(drive, size=(80, 24))
    assert Explorer().kept.panes == {}, "the stylesheet's are for this size of screen"


def test_the_place_is_found_again(own_state: Path) -> None:
    async def leave(app: Explorer, pilot: Pilot[int]) -> None:
        table_of(app).move_to_span((40, 40), "function")
        await pilot.pause()
        await pilot.press("q")

    async def come_back(app: Explorer, pilot: Pilot[int]) -> None:
        assert table_of(app).row is not None
        assert table_of(app).row.span[0] == 40  # type: ignore[union-attr]

    explore(leave)
    explore(come_back)


def test_a_terminal_without_unicode_gets_ascii(own_state: Path) -> None:
    (own_state / "config.toml").write_text("ascii = true\n")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("right_square_bracket", "right_curly_bracket")
        await pilot.pause()
        for rows in (table_of(app), tree_of(app)):
            drawn = "".join(s.text for y in range(20) for s in rows.render_line(y))
            assert not set(drawn) & set("▸▾█▏▎▍▌▋▊▉─│")
        assert not set(card_text(app)) & set("┌┐└┘├┤│─⊕▁█")

    explore(drive)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_quitting_during_the_load_leaves_no_process(own_state: Path) -> None:
    import time

    child, code, _, asked = in_a_terminal("resnet18", until=b"importing")
    assert asked
    assert code == 0
    time.sleep(0.5)
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text().split()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            assert not (b"tui.process.worker" in command and int(stat[3]) in (1, child)), command


def test_the_keymap_and_its_mistakes(own_state: Path) -> None:
    (own_state / "config.toml").write_text('[keys]\nfilter = "ctrl+f"\nfiltr = "x"\n')

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert any("filtr" in warning for warning in app.config.warnings)
        await pilot.press("ctrl+f")
        assert app.query_one("#filter-line").has_class("-shown")

    explore(drive)


def test_the_palette_names_every_action_variant_and_layer() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        commands = [command.title for command in app.get_system_commands(app.screen)]
        assert "model resnet152" in commands
        assert "go to layer4.1.conv2" in commands

    explore(drive)


def test_every_action_has_a_method_and_a_name_of_its_own() -> None:
    names = [identifier(action) for action in ACTIONS]
    assert len(set(names)) == len(names)
    for action in ACTIONS:
        assert hasattr(Explorer, f"action_{action.name.partition('(')[0]}"), action.name


def test_panes_can_be_reached_filled_and_resized() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for key, name in (("1", "tree"), ("2", "table"), ("3", "card")):
            await pilot.press(key)
            assert app.focused is app.query_one(f"#{name}")
            await pilot.press("f")
            await pilot.pause()
            assert app.query_one(f"#{name}").size.width > 100
            await pilot.press("f")
        before = tree_of(app).size.width
        await pilot.press("1", "greater_than_sign")
        await pilot.pause()
        assert tree_of(app).size.width == before + 2

    explore(drive)


def test_two_networks_side_by_side() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("d", *str(DATA / "resnet50.json"), "enter")
        await pilot.pause()
        await pilot.pause()
        assert "stage 1: planes unchanged against ×4" in " ".join(card_text(app).split())
        assert "against resnet50" in str(table_of(app).border_title)
        await pilot.press("d")
        await pilot.pause()
        assert "layers" in str(table_of(app).border_title)

    explore(drive, "resnet34")


# -- the child process ---------------------------------------------------------------------------


class FakeChild:
    """Answers at once, or fails, as the test wants."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    async def ask(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Trace:
        self.asked.append(request)
        on_step("importing torch")
        if 0 in request["input"]:
            raise BadInput("an input size must be a positive integer, not 0")
        if request["model"] == "resnet101":
            raise WorkFailed("the child process died: killed: out of memory?")
        return ri.load(DATA / f"{request['model']}.json")

    def kill(self) -> None:
        pass


def with_child(drive: Callable[[Explorer, Pilot[int], FakeChild], Awaitable[None]]) -> None:
    app = Explorer(Request.of("resnet18"))
    child = FakeChild()
    app.child = child  # type: ignore[assignment]

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            for _ in range(4):
                await pilot.pause()
            await drive(app, pilot, child)

    asyncio.run(run())


def test_a_variant_is_asked_of_the_child_and_another_can_be_chosen_and_undone() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        assert child.asked[0]["model"] == "resnet18"
        await pilot.press("m", *"resnet50", "enter")
        await pilot.pause()
        await pilot.pause()
        assert app.request.model == "resnet50"
        await pilot.press("U")
        await pilot.pause()
        assert app.request.model == "resnet18"
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert app.request.model == "resnet50"

    with_child(drive)


def test_the_trace_follows_the_input_as_one_types_and_the_last_good_one_stays() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("i", "backspace", "2")
        await pilot.pause()
        assert child.asked[-1]["input"] == [1, 3, 224, 222]
        await pilot.press("backspace", "backspace", "backspace", "0")
        await pilot.pause()
        assert "positive integer" in str(app.query_one("#problem").render())
        assert len(table_of(app).every) > 0
        await pilot.press("backspace", "x")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert "sizes with commas" in str(app.screen.query_one("#form-problem").render())
        await pilot.press("escape")
        await pilot.pause()
        assert child.asked[-1]["input"] == [1, 3, 224, 224]

    with_child(drive)


def test_builder_arguments_are_python_literals() -> None:
    request = Request.of("resnet50").with_fields(
        {
            "input": "1,3,64,64",
            "dtype": "",
            "mode": "eval",
            "arguments": "num_classes=10 replace_stride_with_dilation=[False, True, True]",
        }
    )
    assert request.message["arguments"] == {
        "num_classes": 10,
        "replace_stride_with_dilation": [False, True, True],
    }
    with pytest.raises(BadInput, match="Python literal"):
        request.with_fields(request.fields | {"arguments": "num_classes=ten"})
    with pytest.raises(BadInput, match="NAME=VALUE"):
        request.with_fields(request.fields | {"arguments": "10"})


def test_the_death_of_the_child_is_shown_and_can_be_retried() -> None:
    async def drive(app: Explorer, pilot: Pilot[int], child: FakeChild) -> None:
        await pilot.press("m", *"resnet101", "enter")
        await pilot.pause()
        await pilot.pause()
        assert "out of memory" in str(app.query_one("#problem").render())
        assert app.shown is not None
        assert app.shown.request.model == "resnet18"
        before = len(child.asked)
        await pilot.press("R")
        await pilot.pause()
        assert len(child.asked) == before + 1
        assert child.asked[-1]["model"] == "resnet101", "what failed, not what is shown"

    with_child(drive)


# -- a real terminal -----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_a_real_terminal_opens_quits_and_is_restored(own_state: Path) -> None:
    saved = str(DATA / "resnet18.json")
    _, code, seen, quit_sent = in_a_terminal(saved, until=b"11,689,512 params")
    assert quit_sent
    assert code == 0
    assert b"\x1b[?1049h" in seen
    assert b"\x1b[?1049l" in seen, "the alternate screen is left"
    assert b"\x1b[?25h" in seen, "the cursor is shown again"


def test_without_a_terminal_the_trace_is_printed(own_state: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "resnet_inspect", "tui", str(DATA / "resnet18.json")],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(DATA.parents[1])},
    )
    assert done.returncode == 0
    assert "no terminal" in done.stderr
    assert "layer4.1.conv2" in done.stdout


def test_opening_a_saved_trace_loads_no_torch(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("j")

    already = "torch" in sys.modules
    explore(drive)
    assert ("torch" in sys.modules) == already


def test_the_card_panel_scrolls_where_nothing_can_be_followed() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        card = app.query_one("#card", CardPanel)
        lines = tuple(Entry("", str(number)) for number in range(99))
        card.show_card(lambda width, height: Card("long", "", (Section("", lines),)))
        await pilot.press("3", "j", "j")
        await pilot.pause()
        assert card.scroll_offset.y == 2
        await pilot.press("k")
        await pilot.pause()
        assert card.scroll_offset.y == 1

    explore(drive)
