"""Going to panes and places, and the room that a pane has."""

from __future__ import annotations

from driving import (
    KeptOpen,
    Keys,
    chosen_path,
    explore,
    settle,
    table_of,
    text_of,
    tree_of,
)
from proofs import Proofs, actions_of, of_each
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action

PROOFS = Proofs()


@PROOFS.of("go_back", "go_forward")
async def goes_back_and_forward(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    back, forward = (key, "alt+right") if key != "alt+right" else ("backspace", key)
    await pilot.press("j")
    await settle(pilot)
    first = chosen_path(table)
    await pilot.press("right_square_bracket")
    await settle(pilot)
    second = chosen_path(table)
    assert (first, second) == ("conv1", "layer1")
    await pilot.press(back)
    await settle(pilot)
    assert chosen_path(table) == first
    await pilot.press(forward)
    await settle(pilot)
    assert chosen_path(table) == second
    assert "stage 1" in text_of(app, "#card"), "the card follows"


@PROOFS.of("pane(1)", "pane(2)", "pane(3)")
async def goes_to_a_pane(app: Explorer, pilot: Keys, key: str) -> None:
    pane = app.query_one("#" + {"1": "tree", "2": "table", "3": "card"}[key])
    await pilot.press("2" if key == "1" else "1", key)
    await settle(pilot)
    assert app.focused is pane
    assert pane.region.width >= 12
    assert pane.region.height >= 4


@PROOFS.of("full")
async def fills_the_screen(app: Explorer, pilot: Keys, key: str) -> None:
    for number, name in (("1", "tree"), ("2", "table"), ("3", "card")):
        await pilot.press(number)
        pane = app.query_one(f"#{name}")
        before = pane.region
        await pilot.press(key)
        await settle(pilot)
        assert pane.region.width == app.size.width
        others = {"tree", "table", "card"} - {name}
        assert not any(app.query_one(f"#{other}").region for other in others)
        await pilot.press(key)
        await settle(pilot)
        assert pane.region == before


@PROOFS.of("resize(-2)", "resize(2)")
async def resizes_a_pane(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("1")
    before = tree_of(app).region.width
    await pilot.press(key)
    await settle(pilot)
    by = -2 if key == "less_than_sign" else 2
    assert tree_of(app).region.width == before + by
    await pilot.press("greater_than_sign" if by < 0 else "less_than_sign")
    await settle(pilot)
    assert tree_of(app).region.width == before


@of_each(actions_of("panes"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("panes")}


def test_back_and_forward_through_the_places_visited() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.press("j")
        one = chosen_path(table)
        await pilot.press("G")
        other = chosen_path(table)
        await pilot.press("k")
        await pilot.press("backspace")
        await pilot.pause()
        assert chosen_path(table) in (one, other)

    explore(drive)


def test_panes_can_be_reached_filled_and_resized() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for key, name in (("1", "tree"), ("2", "table"), ("3", "card")):
            await pilot.press(key)
            assert app.focused is app.query_one(f"#{name}")
            await pilot.press("f")
            await pilot.pause()
            assert app.query_one(f"#{name}").size.width > 100
            await pilot.press("f")
        before = tree_of(app).size.width
        await pilot.press("1", "greater_than_sign")
        await pilot.pause()
        assert tree_of(app).size.width == before + 2

    explore(drive)
