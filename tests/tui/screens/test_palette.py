"""The command palette."""

from __future__ import annotations

from driving import (
    SIZES,
    KeptOpen,
    Keys,
    settle,
)
from proofs import at_sizes
from textual.command import CommandPalette

from resnet_inspect.tui.app import Explorer


@at_sizes(SIZES[0])
def test_the_palette_opens_and_is_left_again(kept_open: KeptOpen) -> None:
    kept_open.run(lambda app, pilot: opens_the_palette(app, pilot, "ctrl+p"))


async def opens_the_palette(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, CommandPalette)
    await pilot.press("escape")
    await settle(pilot)
    assert not isinstance(app.screen, CommandPalette)
