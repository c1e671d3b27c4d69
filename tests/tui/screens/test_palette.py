"""The command palette."""

from __future__ import annotations

from driving import (
    SIZES,
    KeptOpen,
    Keys,
    explore,
    settle,
)
from proofs import at_sizes
from textual.command import CommandPalette
from textual.pilot import Pilot

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


def test_the_palette_names_every_action_variant_and_layer() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        commands = [command.title for command in app.get_system_commands(app.screen)]
        assert "model resnet152" in commands
        assert "go to layer4.1.conv2" in commands

    explore(drive)
