"""What the command line answers is read, copied and exported in the explorer too."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import DATA, Keys, drive, explorer_with_child, fill, until
from textual.widgets import Static

import resnet_inspect as ri
from resnet_inspect import locks
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.screens.command_report import CommandReport


def said(app: Explorer) -> str:
    return str(app.screen.query_one("#report-text", Static).render())


async def answered(app: Explorer, pilot: Keys) -> str:
    await until(pilot, lambda: isinstance(app.screen, CommandReport), 5)
    await until(pilot, lambda: "reading" not in said(app), 60)
    return said(app)


def test_a_table_is_as_wide_as_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of it is broken, at any size."""
    monkeypatch.setenv("PYTHONPATH", str(Path(ri.__file__).parents[1]))
    monkeypatch.setenv("FORCE_COLOR", "1")

    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("V")
        lines = (await answered(app, pilot)).splitlines()
        rules = [number for number, line in enumerate(lines) if set(line) == {"─"}]
        assert len(rules) == 2
        assert max(map(len, lines[: rules[-1]])) <= 75
        assert "\x1b" not in "".join(lines)

    drive(explorer_with_child("resnet18")[0], steps, (80, 24))


def test_a_lock_is_checked_and_weights_are_identified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(ri.__file__).parents[1]))
    Path("net.lock").write_text(locks.dumps(ri.load(DATA / "resnet18.json")), encoding="utf-8")

    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("K")
        await fill(app, pilot, "net.lock")
        assert "resnet18 is what net.lock says" in await answered(app, pilot)
        await pilot.press("escape", "I")
        await fill(app, pilot, "no such.pth")
        assert "no such.pth" in await answered(app, pilot)

    drive(explorer_with_child("resnet18")[0], steps, (120, 40))
