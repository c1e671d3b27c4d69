"""Two networks side by side."""

from __future__ import annotations

from driving import (
    DATA,
    SIZES,
    KeptOpen,
    Keys,
    card_text,
    explore,
    fill,
    settle,
    shown_paths,
    table_of,
    text_of,
)
from proofs import Proofs, actions_of, at_sizes, of_each
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.chooser import Chooser

PROOFS = Proofs()


@PROOFS.of("compare")
async def compares(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    alone = shown_paths(table)
    await pilot.press(key)
    assert isinstance(app.screen, Chooser)
    await fill(app, pilot, "resnet34")
    assert "against resnet34" in str(table.border_title)
    assert "in words" in text_of(app, "#card")
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == alone
    assert "against" not in str(table.border_title)


@at_sizes(SIZES[0])
def test_chosen_columns_do_not_hinder_a_comparison(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        app.perspective.columns["layers"] = ("macs", "path")
        app.lay_out()
        await settle(pilot)
        await pilot.press("d")
        await fill(app, pilot, "resnet34")
        assert "against" in str(table_of(app).border_title)
        await pilot.press("d")
        await settle(pilot)
        assert [column.key for column in table_of(app).columns] == ["macs", "path"]
        app.perspective.columns.clear()
        app.lay_out()
        await settle(pilot)

    kept_open.run(steps)


@of_each(actions_of("comparison"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("comparison")}


def test_two_networks_side_by_side() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("d", *str(DATA / "resnet50.json"), "enter")
        await pilot.pause()
        await pilot.pause()
        assert "stage 1: planes unchanged against ×4" in " ".join(card_text(app).split())
        assert "against resnet50" in str(table_of(app).border_title)
        await pilot.press("d")
        await pilot.pause()
        assert "layers" in str(table_of(app).border_title)

    explore(drive, "resnet34")
