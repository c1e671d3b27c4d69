"""The process itself: standard streams that are closed or gone, and ctrl+c at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_inspect.cli.diagnostics import put
from resnet_inspect.cli.entry_point import run

ROOT = Path(__file__).parents[2]
PLAIN, OTHER = (str(ROOT / "tests" / "data" / name) for name in ("plain.json", "oddities.json"))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals and a shell")


def shell(line: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resnet_inspect", *arguments]
    return subprocess.run(
        ["sh", "-c", f'"$@" {line}', "sh", *command],
        capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize("line", ["<&- >&- 2>&-", ">&-", "2>&-"])
def test_with_closed_streams_the_work_is_done(line: str, tmp_path: Path) -> None:
    done = shell(line, tmp_path, "export", PLAIN, "a.md", "b.csv")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "" or line == ">&-"
    run(["export", PLAIN, str(tmp_path / "c.md"), str(tmp_path / "d.csv")])
    for made, wanted in (("a.md", "c.md"), ("b.csv", "d.csv")):
        assert (tmp_path / made).read_bytes() == (tmp_path / wanted).read_bytes()


def test_a_reader_that_has_had_enough_changes_no_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stdout, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        assert run(["diff", PLAIN, OTHER, "--exit-code"]) == 1
    for color in ("never", "always"):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as stdout, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stdout)
            put("x" * 100_000)
            put("more")
            assert run(["show", PLAIN, "--color", color]) == 0


RAISES_ASIDE = """
import atexit, sys, threading, weakref
from resnet_inspect import __main__
from resnet_inspect.cli import entry_point

class Gone:
    def __del__(self):
        raise ValueError("in __del__ \\x1b[2J")

def raises(*given):
    raise ValueError("aside \\x1b[2J")

def quiet():
    sys.exit(3)

really = entry_point.finish
def finish():
    Gone()
    for of in (raises, quiet):
        thread = threading.Thread(target=of)
        thread.start()
        thread.join()
    really()
entry_point.finish = finish
weakref.finalize(Gone, raises)
atexit.register(raises)
sys.argv = ["resnet-inspect", "show", {saved!r}]
__main__.program()
"""


def test_what_is_raised_beside_the_work_is_a_line_that_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RAISES_ASIDE.format(saved=PLAIN)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0
    in_del, in_thread, at_exit, finalized = done.stderr.splitlines()
    assert in_del == "resnet-inspect: ignored in Gone.__del__: ValueError: in __del__ ␛[2J"
    assert in_thread == "resnet-inspect: a thread ended: ValueError: aside ␛[2J"
    assert at_exit.startswith("resnet-inspect: ")
    assert at_exit.endswith(": ValueError: aside ␛[2J")
    assert finalized == "resnet-inspect: at the end: ValueError: aside ␛[2J"


INTERRUPTED_AT = """
import os, signal, sys
from resnet_inspect import __main__

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
if {name!r} == "the end":
    import atexit
    atexit.register(os.kill, os.getpid(), signal.SIGINT)
if {name!r} == "the answer":
    from resnet_inspect.cli import entry_point
    entry_point.fail = lambda *said: os.kill(os.getpid(), signal.SIGINT)
if {name!r} == "a destructor":
    from resnet_inspect.cli import entry_point
    class Gone:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
    really = entry_point.finish
    entry_point.finish = lambda: Gone() and really()
sys.argv = ["resnet-inspect", "show", {saved!r}]
__main__.program()
"""


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("click", PLAIN),
        ("resnet_inspect.cli.group", PLAIN),
        ("resnet_inspect.formats.text.layout", PLAIN),
        ("the end", PLAIN),
        ("the answer", "nowhere.json"),
        ("a destructor", PLAIN),
    ],
)
def test_an_interrupt_at_any_moment_is_quiet_and_130(name: str, saved: str) -> None:
    program = INTERRUPTED_AT.format(name=name, saved=saved)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert done.stderr in ("", "resnet-inspect: interrupted\n")
