"""What the program says: shown, never obeyed, in what the terminal can write."""

from __future__ import annotations

import io
import sys
import time

import pytest
from commands import SAVED, inspect

from resnet_inspect.cli import diagnostics
from resnet_inspect.cli.diagnostics import (
    Progress,
    fail,
    put,
    remark,
    say,
    say_where,
    write_what_the_terminal_can,
)


def test_what_went_wrong_is_a_line_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail("no layer\n\x1b[2J", "see\tthere", 2) == 2
    assert capsys.readouterr().err == "resnet-inspect: no layer ␛[2J (see there)\n"
    assert fail("lone", "", 3) == 3
    assert capsys.readouterr().err == "resnet-inspect: lone\n"
    fail("lone", "write\nmodel.eval()\n    x = 1", 1)
    assert capsys.readouterr().err == "resnet-inspect: lone (write)\nmodel.eval()\n    x = 1\n"
    fail("lone", "\nmodel.eval()", 1)
    assert capsys.readouterr().err == "resnet-inspect: lone\nmodel.eval()\n"


def test_results_go_to_stdout_and_all_else_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    put("a\n\x1b[31mb")
    remark("c\r\nd")
    say("e\nf\x07")
    assert capsys.readouterr() == ("a\n␛[31mb", "resnet-inspect: c d\ne\nf␇\n")
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        say_where()
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert "ValueError: ␛[2J" in said


@pytest.mark.parametrize("is_closed", [True, False])
def test_where_stderr_is_closed_or_none_nothing_is_raised(
    is_closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed if is_closed else None)
    say("lost")
    assert fail("lost", "too", 1) == 1


def test_signs_have_others_where_there_is_no_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # which cannot be told how to write
    write_what_the_terminal_can()
    put("1×3×7 → ≥2 █▌▎ ✗ … 層é")
    diagnostics.finish()
    assert written.getvalue() == b"1x3x7 -> >=2 #|| ! ... ??"


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def test_a_step_is_shown_after_a_while_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(Progress, "DELAY", 0.01)
    with Progress() as progress:
        progress.tell("building \x1b[2J")
        end = time.monotonic() + 10
        while not terminal.getvalue():
            assert time.monotonic() < end
            time.sleep(0.005)
        progress.note("it is large")
        progress.tell("running")
    clear = "\r\x1b[K"
    step = f"{clear}building ␛[2J …"
    assert terminal.getvalue() == (
        f"{step}{clear}resnet-inspect: it is large\n{step}{clear}running …{clear}"
    )


def test_what_is_done_in_a_blink_or_into_a_file_shows_no_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stderr, delay in ((Terminal(), 60.0), (io.StringIO(), 0.0)):
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setattr(Progress, "DELAY", delay)
        with Progress() as progress:
            progress.tell("building")
            time.sleep(0.02)
            progress.note("it is large")
        assert stderr.getvalue() == "resnet-inspect: it is large\n"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    done = inspect("show", str(SAVED), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "1x128x28x28" in done.stdout
