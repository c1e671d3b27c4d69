"""What stdout is: how wide, and whether it has colours."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest
from commands import SAVED, inspect

from resnet_inspect.cli.output.terminal import columns_of_terminal, is_coloured


def stdout_is(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    """Have stdout be a terminal of 97 columns, or a file; no variable says anything of it."""

    class Stdout(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setattr(sys, "stdout", Stdout())
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((97, 40)))
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("variables", "on_terminal", "in_file"), [
    ({}, True, False),
    ({"TERM": "dumb"}, False, False),
    ({"NO_COLOR": "1"}, False, False),
    ({"NO_COLOR": ""}, True, False),
    ({"FORCE_COLOR": "1"}, True, True),
    ({"FORCE_COLOR": "0"}, True, False),
    ({"FORCE_COLOR": ""}, True, False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
], ids=str)  # fmt: skip
def test_colours_unasked_are_for_terminals_and_variables_are_obeyed(
    variables: dict[str, str],
    on_terminal: bool,
    in_file: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for terminal, coloured in ((True, on_terminal), (False, in_file)):
        stdout_is(monkeypatch, terminal=terminal)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert is_coloured("auto") == coloured
    assert is_coloured("always")
    assert not is_coloured("never")


@pytest.mark.parametrize(("written", "columns"), [
    (None, None), ("", None), ("0", None), ("-5", None), ("wide", None), ("9" * 5000, None),
    ("80", 80), ("1", 1),
], ids=lambda value: str(value)[:9])  # fmt: skip
def test_the_columns_are_those_of_the_variable_or_the_terminal(
    written: str | None, columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for terminal in (True, False):
        stdout_is(monkeypatch, terminal=terminal)
        if written is not None:
            monkeypatch.setenv("COLUMNS", written)
        assert columns_of_terminal() == (columns or (97 if terminal else None))


def test_colours_are_asked_for_or_not() -> None:
    assert "\x1b[" in inspect("show", str(SAVED), "--color", "always").stdout
    assert "\x1b[" in inspect("show", str(SAVED), FORCE_COLOR="1").stdout
    assert "\x1b[" not in inspect("show", str(SAVED), NO_COLOR="1", FORCE_COLOR="1").stdout
