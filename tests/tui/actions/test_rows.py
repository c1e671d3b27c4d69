"""What is done to the rows of the table: filtered, sorted, heated, made a flat list."""

from __future__ import annotations

import pytest
from driving import (
    SIZES,
    KeptOpen,
    Keys,
    chosen_path,
    drawn,
    fill,
    line_of,
    settle,
    shown_paths,
    table_of,
)
from proofs import Proofs, actions_of, at_sizes, of_each
from textual.events import Key
from textual.keys import _character_to_key as character_to_key
from textual.widgets import Input

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.chooser import Chooser

PROOFS = Proofs()


@PROOFS.of("filter")
async def filters(app: Explorer, pilot: Keys, key: str) -> None:
    whole = shown_paths(table_of(app))
    await pilot.press(key, *"fc")
    await settle(pilot)
    assert app.query_one("#filter-line").region.height == 1
    assert "1 of" in str(app.query_one("#filter-count").render())
    assert shown_paths(table_of(app))[-1] == "fc"
    assert chosen_path(table_of(app)) == "fc"
    await pilot.press("escape")
    await settle(pilot)
    assert app.query_one("#filter-line").region.height == 0
    assert shown_paths(table_of(app)) == whole


@PROOFS.of("next_match", "previous_match")
async def goes_through_matches(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("slash")
    app.query_one("#filter", Input).value = "stride:2 conv"
    await settle(pilot)
    await pilot.press("enter")
    seen = []
    for _ in range(8):
        await pilot.press(key)
        seen.append(chosen_path(table_of(app)))
    strided = ["conv1"] + [
        f"layer{stage}.0.{name}" for stage in (2, 3, 4) for name in ("conv1", "downsample.0")
    ]
    order = strided if key == "n" else strided[::-1]
    start = order.index(seen[0])
    assert seen == [order[(start + i) % 7] for i in range(8)], "around the end, too"
    await pilot.press("escape")


@PROOFS.of("sort")
async def sorts(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    whole = shown_paths(table)
    for descending in (True, False):
        await pilot.press(key)
        assert isinstance(app.screen, Chooser)
        assert table.table is not None
        offered = [choice.key for choice in app.screen.choices]
        shown = table.table.shown
        assert offered[: len(shown) + 1] == ["", *shown], "also by what there is no room for"
        assert set(offered) == {"", *table.table.index}, "and by what is not shown"
        await fill(app, pilot, "params")
        values = [table.table.cell(table.every[place], "parameters").value for place in table.shown]
        assert values == sorted(values, reverse=descending)  # type: ignore[type-var]
    assert len(set(values)) > 5
    await pilot.press("escape")
    assert shown_paths(table) == whole


@PROOFS.of("heat")
async def draws_heat(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    before = line_of(table, 1)
    await pilot.press(key)
    await fill(app, pilot, "MACs")
    bars = [line_of(table, y)[:6] for y in range(1, table.size.height)]
    assert any(set(bar) & set("█▏▎▍▌▋▊▉") for bar in bars)
    await pilot.press(key)
    await fill(app, pilot, "none")
    assert line_of(table, 1) == before


@PROOFS.of("flat")
async def shows_a_flat_list(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    as_tree = shown_paths(table)
    await pilot.press(key)
    await settle(pilot)
    flat = shown_paths(table)
    assert flat == [path for path in as_tree if path in flat], "in the order of the trace"
    assert "layer1.0.conv1" in flat
    assert "layer1.0" not in flat
    assert "\nlayer1.0.conv1 " in drawn(table), "the whole path, for nothing above says where it is"
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == as_tree


@at_sizes(SIZES[0])
def test_what_is_typed_right_after_the_slash_is_the_filter(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        for key in "/fc/":
            app.post_message(Key(character_to_key(key), key))
        await settle(pilot)
        assert app.query_one("#filter", Input).value == "fc/"
        await pilot.press("escape")

    kept_open.run(steps)


@at_sizes(SIZES[0])
@pytest.mark.parametrize("then", ["a", "x"])
def test_a_flat_list_stays_one_whatever_is_shown(kept_open: KeptOpen, then: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        await pilot.press("t")
        await settle(pilot)
        before = shown_paths(table)
        await pilot.press(then)
        await settle(pilot)
        assert shown_paths(table) != before
        assert not any(table.every[place].subtotal for place in table.shown)
        await pilot.press(then, "escape")
        await settle(pilot)
        assert any(table.every[place].subtotal for place in table.shown), "escape ends it"
        await pilot.press("t")
        await settle(pilot)
        assert shown_paths(table) == before, "and t begins it again"

    kept_open.run(steps)


@of_each(actions_of("rows"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("rows")}
