"""The source behind a row, in an editor that writes down what it was called with."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver

import resnet_inspect as ri
from resnet_inspect.definitions import Definition
from resnet_inspect.errors import UsageError
from resnet_inspect.tui import editor
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.session.request import Request

DATA = Path(__file__).parents[1] / "data"
PLACE = Definition(Path("/a b/resnet.py"), 108)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, []),
        ({"EDITOR": " "}, []),
        ({"EDITOR": "vim"}, ["vim", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "/usr/bin/vi -R"}, ["/usr/bin/vi", "-R", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "nano"}, ["nano", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "emacsclient -t"}, ["emacsclient", "-t", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "hx"}, ["hx", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "code --wait"}, ["code", "--wait", "--goto", "/a b/resnet.py:108"]),
        ({"EDITOR": "subl -w"}, ["subl", "-w", "/a b/resnet.py:108"]),
        ({"EDITOR": "kate"}, ["kate", "--line", "108", "/a b/resnet.py"]),
        ({"EDITOR": "'/my editors/other' -x"}, ["/my editors/other", "-x", "/a b/resnet.py"]),
        ({"EDITOR": "vim", "VISUAL": "less"}, ["less", "+108", "/a b/resnet.py"]),
        ({"EDITOR": "vim", "VISUAL": ""}, ["vim", "+108", "/a b/resnet.py"]),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(
    environment: dict[str, str], expected: list[str]
) -> None:
    assert editor.editor_command(PLACE, environment) == expected


def test_braces_in_a_path_are_no_fields() -> None:
    braced = Definition(Path("/{line}/{0}.py"), 3)
    assert editor.editor_command(braced, {"EDITOR": "vim"}) == ["vim", "+3", "/{line}/{0}.py"]


def test_an_open_quote_is_said() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        editor.editor_command(PLACE, {"EDITOR": "vim 'x"})


# In the explorer.


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No editor is set, and nothing of the user's is read."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESNET_INSPECT_STATE", str(tmp_path / "state.json"))
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("RESNET_INSPECT_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A driver without a terminal that can be suspended; what was done to it, in order."""
    done: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)
    for name in ("suspend_application_mode", "resume_application_mode"):
        monkeypatch.setattr(HeadlessDriver, name, lambda self, name=name: done.append(name))
    return done


@pytest.fixture
def written(own_machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`$EDITOR` is a program named vim; where it writes its arguments."""
    path = own_machine / "arguments.json"
    program = own_machine / "vim"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(path)!r}, 'w').write(json.dumps(sys.argv[1:]))\nsys.exit(len(sys.argv) - 3)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(program))
    return path


def press_o(*before: str, name: str = "resnet18") -> tuple[list[str], str]:
    """Open a saved trace, press keys and then o: what the explorer says, and its clipboard."""
    trace = ri.load(DATA / f"{name}.json")
    app = Explorer(Request(trace.model_name, path=str(DATA / f"{name}.json")), trace)
    said: list[str] = []

    async def run() -> str:
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            await pilot.press(*before)
            await pilot.pause()
            await pilot.press("o")
            await pilot.pause()
            said.extend(f"{n.title}: {n.message}" for n in app._notifications)
            assert app.query_one("#table", TraceTable).row is not None
            return app.clipboard

    return said, asyncio.run(run())


def defined(path: Path, words: str) -> int:
    """The line of a file that begins with these words."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return 1 + next(n for n, line in enumerate(lines) if line.strip().startswith(words))


@pytest.fixture
def library(own_machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for torchvision's and torch's sources, on the path and not yet imported."""
    home = own_machine / "library"
    for name, text in {
        "torchvision/models/resnet.py": (
            "class BasicBlock:\n    def forward(self): ...\n\n\nclass ResNet:\n"
            "    def _forward_impl(self): ...\n\n    def forward(self): ...\n"
        ),
        "torch/nn/modules/conv.py": "\n\nclass Conv2d:\n    def forward(self): ...\n",
        "torch/nn/modules/container.py": "class Sequential: ...\n",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
        for folder in (home / name).parents:
            if home in folder.parents:
                (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(home)
    for name in ("torch", "torchvision"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return home


@pytest.mark.parametrize(
    ("keys", "file", "words"),
    [
        ((), "torchvision/models/resnet.py", "class ResNet"),
        (("slash", *"conv1", "enter"), "torch/nn/modules/conv.py", "class Conv2d"),
        (("right_curly_bracket",), "torchvision/models/resnet.py", "class BasicBlock"),
        (("right_square_bracket",) * 2, "torch/nn/modules/container.py", "class Sequential"),
        (("1", "g"), "torchvision/models/resnet.py", "class ResNet"),
        (("slash", *"layer1.0:add", "enter"), "torchvision/models/resnet.py", "def forward"),
    ],
    ids=["first", "conv", "block", "stage", "network", "add"],
)
def test_o_opens_the_class_or_the_forward_behind_a_row(
    keys: tuple[str, ...], file: str, words: str, library: Path, written: Path, lent: list[str]
) -> None:
    said, clipboard = press_o(*keys)
    path = library / file
    assert json.loads(written.read_text()) == [f"+{defined(path, words)}", str(path)]
    assert lent == ["suspend_application_mode", "resume_application_mode"]
    assert (said, clipboard) == ([], "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "set $EDITOR"),
        ("no-such-editor", "no-such-editor could not be started: No such file"),
        ("vim 'x", "the editor vim 'x cannot be read"),
        ("false", "false ended with 1"),
    ],
)
def test_a_place_that_cannot_be_opened_is_said_and_copied(
    command: str, words: str, library: Path, lent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", command)
    (said,), clipboard = press_o("right_curly_bracket")
    assert clipboard == f"{library / 'torchvision/models/resnet.py'}:1"
    assert said.startswith(words)
    assert said.endswith(f"{clipboard} (copied)")
    assert len(lent) in (0, 2)


def test_a_terminal_that_cannot_be_lent_is_said(library: Path, written: Path) -> None:
    (said,), clipboard = press_o("right_curly_bracket")
    assert "cannot be lent" in said
    assert clipboard.endswith("resnet.py:1")
    assert not written.exists()


def test_a_class_without_a_file_is_said(written: Path, lent: list[str]) -> None:
    (said,), clipboard = press_o("1", "g", name="plain")
    assert "Plain is of the program that made the trace" in said
    assert not clipboard
    assert not lent


def test_an_interrupt_in_the_editor_ends_the_editor_alone(
    own_machine: Path, library: Path, lent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = own_machine / "interrupted"
    program.write_text("#!/bin/sh\nkill -INT $PPID\nkill -INT $$\n")
    program.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(program))
    (said,), _ = press_o("right_curly_bracket")
    assert "ended with -2" in said
    assert len(lent) == 2


def test_a_real_terminal_is_lent_and_taken_back(
    library: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pty
    import select
    import time

    saved = str(DATA / "resnet18.json")
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ["PYTHONPATH"] = os.pathsep.join((str(DATA.parents[1]), str(library)))
        os.execv(sys.executable, [sys.executable, "-m", "resnet_inspect", "tui", saved])
    seen = b""
    waited = [(b"layer1", b"o"), (b"\x1b[?1049l", b""), (b"\x1b[?1049h", b""), (b"layer1", b"q")]
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
        while waited and waited[0][0] in seen:
            words, key = waited.pop(0)
            seen = seen.partition(words)[2]
            os.write(terminal, key)
    _, status = os.waitpid(child, 0)
    assert not waited, seen[-2000:]
    assert os.waitstatus_to_exitcode(status) == 0
    path = library / "torchvision/models/resnet.py"
    assert json.loads(written.read_text()) == [f"+{defined(path, 'class ResNet')}", str(path)]
