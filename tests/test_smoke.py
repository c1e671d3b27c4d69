"""The smoke test of an installed program asks for everything that there is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import smoke

from resnet_inspect.cli.group import COMMANDS
from resnet_inspect.formats import formats_by_suffix


def test_every_command_and_every_format_is_asked_for() -> None:
    asked = [words for words, _, _ in smoke.STEPS]
    assert {words[0] for words in asked} >= COMMANDS.keys()
    (exported,) = [words for words in asked if words[0] == "export"]
    known = formats_by_suffix()
    assert {known[Path(file).suffix] for file in exported[2:]} == set(known.values())


def test_what_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "usage of $1"; test "$1" != show\n')
    program.chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.setattr(smoke, "NETWORK", "")
    for steps, code, told in (
        ((("list",), 0, "usage of list"),), 0, "all passed",
    ), (
        ((("list",), 0, "usage of list"), (("show",), 0, "usage")), 1, "FAILED: exit code 1, not 0",
    ), (
        ((("list",), 0, "nothing"),), 1, "1 of 1 failed",
    ):  # fmt: skip
        monkeypatch.setattr(smoke, "STEPS", steps)
        monkeypatch.setattr(smoke, "_helps", list)
        assert smoke.main(str(program)) == code
        assert told in capsys.readouterr().out
