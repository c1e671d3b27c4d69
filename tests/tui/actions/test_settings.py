"""The theme, the help, and the way out."""

from __future__ import annotations

from pathlib import Path

from driving import (
    KeptOpen,
    Keys,
    chosen_path,
    explore,
    fill,
    settle,
    table_of,
)
from proofs import Proofs, actions_of, of_each
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action

PROOFS = Proofs()


@PROOFS.of("theme")
async def chooses_a_theme(app: Explorer, pilot: Keys, key: str) -> None:
    before = app.theme
    await pilot.press(key, "down")
    await settle(pilot)
    assert app.theme != before, "it is shown while it is highlighted"
    await pilot.press("escape")
    await settle(pilot)
    assert app.theme == before
    await pilot.press(key)
    await fill(app, pilot, "nord")
    assert app.theme == "nord"
    await pilot.press(key)
    await fill(app, pilot, before)
    assert app.theme == before


@PROOFS.of("help")
async def helps(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.screen is not app.screen_stack[0]
    said = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
    assert "In the table, where you are" in said
    await fill(app, pilot, "next stage")
    assert app.screen is app.screen_stack[0]
    assert chosen_path(table_of(app)) == "layer1", "enter does what is highlighted"
    await pilot.press(key, "escape")
    await settle(pilot)
    assert app.screen is app.screen_stack[0]
    assert chosen_path(table_of(app)) == "layer1"


@PROOFS.of("quit")
async def quits(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.return_value == 0
    assert Path("state.json").exists()


@of_each(actions_of("settings"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("settings")}


def test_theme_panes_and_model_are_remembered(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("T", *"high-contrast", "enter")
        await pilot.pause()
        assert app.theme == "high-contrast"
        await pilot.press("1", "greater_than_sign", "greater_than_sign")
        await pilot.press("q")

    explore(drive)
    assert (own_state / "state.json").exists()
    again = Explorer()
    assert again.theme == "high-contrast"
    assert again.kept.panes["tree"] > 0


def test_only_widths_that_were_set_are_remembered() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("q")

    explore(drive, size=(80, 24))
    assert Explorer().kept.panes == {}, "the stylesheet's are for this size of screen"


def test_the_place_is_found_again(own_state: Path) -> None:
    async def leave(app: Explorer, pilot: Pilot[int]) -> None:
        table_of(app).move_to_span((40, 40), "function")
        await pilot.pause()
        await pilot.press("q")

    async def come_back(app: Explorer, pilot: Pilot[int]) -> None:
        assert table_of(app).row is not None
        assert table_of(app).row.span[0] == 40  # type: ignore[union-attr]

    explore(leave)
    explore(come_back)
