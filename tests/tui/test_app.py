"""The explorer driven by keys on saved traces, at several sizes; no torch is needed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from driving import DATA, card_text, explore, lines_of, table_of, tree_of
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer


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
    assert "  layer4.1  basic" in done.stdout


def test_opening_a_saved_trace_loads_no_torch(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("j")

    already = "torch" in sys.modules
    explore(drive)
    assert ("torch" in sys.modules) == already


def test_the_smallest_terminal_shows_a_row() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        assert lines_of(app)[1].startswith("resnet50")

    explore(drive, "resnet50", (10, 3))


@pytest.mark.parametrize("pane", ["1", "2", "3"])
def test_the_hints_fit_80_columns_and_follow_the_focus(pane: str) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press(pane)
        await pilot.pause()
        line = lines_of(app)[-1]
        assert line.split()[1] == ("next" if pane == "3" else "fold")
        assert "? help  q quit" in line
        assert line.endswith("^p palette ")
        await pilot.click("#keys", offset=(line.index("? help"), 0))
        assert len(app.screen_stack) == 2

    explore(drive, "resnet50", (80, 24))
