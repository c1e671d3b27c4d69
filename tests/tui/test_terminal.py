"""The explorer in real terminals, a pty and tmux: it opens, obeys, ends, and leaves no trace."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import DATA, ROOT
from pseudoterminal import Terminal, processes_with

from resnet_inspect.tui.settings.state import read_state

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a pty and /proc")

COMMAND = [sys.executable, "-m", "resnet_inspect", "tui"]
SAVED = str(DATA / "resnet18.json")
TOTALS = "11,689,512"
SWITCHED_OFF = {
    "alternate screen": "?1049",
    "mouse buttons": "?1000",
    "mouse movement": "?1003",
    "mouse in SGR": "?1006",
    "mouse in urxvt": "?1015",
    "bracketed paste": "?2004",
    "focus events": "?1004",
}
"""Modes of the terminal that must not outlast the program."""
LONGEST = 120
"""Seconds that a test may take before it is ended, whatever it waits for."""


@pytest.fixture(autouse=True)
def an_end() -> Iterator[None]:
    """No test waits for ever, not even for what cannot be told how long to wait."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"not done after {LONGEST} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def terminal(own_state: Path) -> Iterator[Callable[[str], Terminal]]:
    """Opens the explorer on a subject in a pty of 80×24."""
    opened: list[Terminal] = []

    def open_on(subject: str) -> Terminal:
        environment = {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        opened.append(Terminal([*COMMAND, subject], (80, 24), environment))
        return opened[-1]

    yield open_on
    for one in opened:
        one.close()


def assert_restored(terminal: Terminal) -> None:
    """Every mode that was switched on is off, the cursor is shown, and lines are edited again."""
    seen = terminal.seen
    for name, mode in SWITCHED_OFF.items():
        on, off = seen.rfind(f"\x1b[{mode}h"), seen.rfind(f"\x1b[{mode}l")
        assert on <= off, f"{name} is left on"
    assert "\x1b[?1049h" in seen
    assert seen.rfind("\x1b[?25l") < seen.rfind("\x1b[?25h"), "the cursor is shown again"
    assert terminal.attributes == terminal.attributes_before


def test_it_opens_obeys_and_ends(terminal: Callable[[str], Terminal], own_state: Path) -> None:
    shell = terminal(SAVED)
    shell.wait_for(TOTALS)
    shell.type("/fc")  # at once, as a fast typist or a paste does
    shell.wait_for("1 of")
    shell.type("\x1b")  # alone: with a key close after it, it would be alt and that key
    shell.read_until_quiet()
    for size in ((10, 3), (200, 60)):
        shell.resize(*size)
        shell.read_until_quiet()
    shell.type("jq")
    assert shell.exit_code() == 0
    assert_restored(shell)
    assert processes_with(str(own_state)) == []


def test_quitting_during_the_load_leaves_no_process(
    terminal: Callable[[str], Terminal], own_state: Path
) -> None:
    shell = terminal("resnet18")
    shell.wait_for("importing")
    assert len(processes_with(str(own_state))) == 2
    shell.type("q")
    asked = time.monotonic()
    assert shell.exit_code() == 0
    assert time.monotonic() - asked < 5, "it does not wait for torch"
    assert_restored(shell)
    assert processes_with(str(own_state)) == []


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_ends_it_as_a_key_does(
    terminal: Callable[[str], Terminal], own_state: Path, ending: signal.Signals
) -> None:
    shell = terminal("resnet18")
    shell.wait_for("importing")
    os.kill(shell.pid, ending)
    assert shell.exit_code() == 128 + ending
    assert read_state(own_state / "state.json").model == "resnet18", "as a key keeps it"
    assert_restored(shell)
    assert processes_with(str(own_state)) == []


def test_what_is_no_utf_8_and_no_sequence_is_ignored(terminal: Callable[[str], Terminal]) -> None:
    shell = terminal(SAVED)
    shell.wait_for(TOTALS)
    shell.send(b"\xe9\xff\xc3(\xf5j\x1b[<0;1M\x1b[48;0;0;0;0t\x1b[1:2:3;4u\x1b[99999999u")
    shell.read_until_quiet()
    shell.send(b"\x1b[200~/conv\xe9\x1b[201~")
    shell.read_until_quiet()
    shell.type("/fc")
    shell.wait_for("1 of")
    shell.type("\x1b")
    shell.read_until_quiet()
    shell.type("q")
    assert shell.exit_code() == 0
    assert "Traceback" not in shell.seen
    assert_restored(shell)


def test_no_process_outlives_the_terminal(
    terminal: Callable[[str], Terminal], own_state: Path
) -> None:
    shell = terminal("resnet18")
    shell.wait_for("importing")
    shell.hang_up()
    shell.exit_code()
    assert processes_with(str(own_state)) == []


# -- tmux ----------------------------------------------------------------------------------------


class Tmux:
    """A tmux server of its own with one pane, in which a shell runs."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "tmux")
        self("new-session", "-d", "-x", "80", "-y", "24", "env PS1='ready> ' ENV= sh")
        self("set-option", "-g", "window-size", "manual")

    def __call__(self, *command: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *command],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
            # Not what readline adds to it behind Python's back: LINES and COLUMNS, which would
            # hold for a program in the pane whatever the size of the pane is.
            env=dict(os.environ),
        )
        return done.stdout

    @property
    def screen(self) -> str:
        """What the pane shows."""
        return self("capture-pane", "-p")

    def wait_for(self, condition: Callable[[str], bool], seconds: float = 60) -> str:
        """The screen, once it is as wanted."""
        end = time.monotonic() + seconds
        while not condition(screen := self.screen):
            assert time.monotonic() < end, screen
            time.sleep(0.05)
        return screen

    def resize(self, width: int, height: int) -> None:
        self("resize-window", "-x", str(width), "-y", str(height))


@pytest.fixture
def tmux(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("TMUX", raising=False)
    server = Tmux(own_state)
    yield server
    with contextlib.suppress(subprocess.SubprocessError):
        server("kill-server")


def test_in_tmux_at_every_size_and_back_at_the_shell(tmux: Tmux, own_state: Path) -> None:
    tmux.wait_for(lambda screen: "ready>" in screen)
    before = tmux.screen
    tmux("send-keys", f"{' '.join(COMMAND)} {SAVED}; echo ended with $?", "Enter")
    tmux.wait_for(lambda screen: TOTALS in screen)

    tmux("send-keys", "/")
    tmux.wait_for(lambda screen: "stride:2" in screen)
    tmux("send-keys", "-l", "layer3.0.downsample")
    tmux.wait_for(lambda screen: "1 of" in screen and "layer4.0  " not in screen)
    tmux("send-keys", "Enter")
    tmux("send-keys", "Escape")
    tmux.wait_for(lambda screen: "1 of" not in screen)
    drawn_for: dict[tuple[int, int], Callable[[list[str]], bool]] = {
        (10, 3): lambda lines: lines[0].strip() == "layer",  # there is no room for a title
        (200, 60): lambda lines: max(map(len, lines)) == 200,
        (33, 9): lambda lines: "Shape trace" in lines[1] and len(lines) <= 9,
    }
    for size, is_drawn in drawn_for.items():
        tmux.resize(*size)
        tmux.wait_for(lambda screen, is_drawn=is_drawn: is_drawn(screen.splitlines()))
        tmux("send-keys", "j")
    tmux.resize(80, 24)
    screen = tmux.wait_for(lambda screen: TOTALS in screen)
    assert max(map(len, screen.splitlines())) <= 80
    tmux("send-keys", "q")
    screen = tmux.wait_for(lambda screen: "ended with" in screen.partition("$?")[2])
    assert "ended with 0" in screen
    assert before.strip() in screen, "what stood there before is back"
    assert TOTALS not in screen
    assert tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").strip() == "0 0"
    assert [p for p in processes_with(str(own_state)) if "resnet_inspect" in p] == []
