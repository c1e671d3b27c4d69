"""The console that writes colours, whatever stdout is."""

from __future__ import annotations

import io
import sys

import pytest

from resnet_inspect.cli.output.console import console


def test_colours_are_written_and_text_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    written = f"[red]1×3[/red] :smile: 'a' {'x' * 300}"
    console().print(written, style="bold")
    assert stdout.getvalue() == f"\x1b[1m{written}\x1b[0m\n", "no markup, no emoji, no line broken"
