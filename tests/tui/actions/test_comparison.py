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
from textual.widgets import Input

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


@PROOFS.of("differing")
async def shows_what_differs(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    alone = shown_paths(table)
    await pilot.press(key)
    assert shown_paths(table) == alone, "there is one network"
    await pilot.press("d")
    await fill(app, pilot, "resnet34")
    whole = shown_paths(table)
    assert "only left" in str(table.border_subtitle), "the signs are explained"
    assert "against   resnet34 · 1×3×224×224" in text_of(app, "#title")
    await pilot.press(key)
    await settle(pilot)
    differing = shown_paths(table)
    assert set(differing) < set(whole)
    assert "layer2.3" in differing, "only the right has it"
    assert "layer2.0" not in differing
    await pilot.press(key, "slash")
    await fill(app, pilot, enter=False)
    app.query_one("#filter", Input).value = "only right"
    await settle(pilot)
    assert "layer2.3" in shown_paths(table)
    assert "head" not in shown_paths(table)
    await pilot.press("escape", "d")
    await settle(pilot)
    assert shown_paths(table) == alone


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
