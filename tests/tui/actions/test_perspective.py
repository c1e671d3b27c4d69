"""How the network is looked at: columns, views, steps, folded blocks."""

from __future__ import annotations

from driving import (
    DATA,
    KeptOpen,
    Keys,
    drawn,
    explore,
    fill,
    line_of,
    settle,
    shown_paths,
    table_of,
)
from proofs import Proofs, actions_of, of_each
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.ticks import Ticks

PROOFS = Proofs()


@PROOFS.of("columns")
async def chooses_columns(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    before = line_of(table, 0)
    await pilot.press(key)
    assert isinstance(app.screen, Ticks)
    await fill(app, pilot, "receptive field", enter=False)
    await pilot.press("space", *["shift+up"] * 20, "enter")
    await settle(pilot)
    assert table.columns[0].key == "receptive_field"
    assert "receptive field" in line_of(table, 0)
    await pilot.press(key, "ctrl+r", "enter")
    await settle(pilot)
    assert line_of(table, 0) == before


@PROOFS.of("view")
async def chooses_the_view(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    for name in ("stages", "blocks", "modules", "layers"):
        await pilot.press(key)
        await fill(app, pilot, name)
        printed = ri.tabulate(ri.load(DATA / "resnet18.json"), name)
        assert len(table.every) == len(printed.rows) + (name != "modules")
        assert name in str(table.border_title)
        assert name != "modules" or "…" not in drawn(table), "the last part of a path is enough"


@PROOFS.of("everything")
async def shows_every_step(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    selected = shown_paths(table)
    assert "bn1" not in selected
    await pilot.press(key)
    await settle(pilot)
    every = shown_paths(table)
    assert [path for path in every if path in selected] == selected[:-1], "in the same order"
    assert {"bn1", "relu"} <= set(every)
    assert (selected[-1], "not shown" in every) == ("not shown", False)
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == selected


@PROOFS.of("fold_blocks")
async def folds_identical_blocks(app: Explorer, pilot: Keys, key: str) -> None:
    table = table_of(app)
    each = shown_paths(table)
    await pilot.press(key)
    await settle(pilot)
    folded = shown_paths(table)
    # Of the stages only the first has two equal blocks: the others begin with a projection.
    assert len(folded) < len(each)
    assert "layer1.1.conv1" in each
    assert "layer1.1.conv1" not in folded
    assert "layer2.1.conv1" in folded
    assert "×2" in drawn(table)
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table) == each


@of_each(actions_of("perspective"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("perspective")}


def test_heat_columns_and_views_can_be_chosen() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.press("H", *"macs", "enter")
        await pilot.pause()
        assert table.heat in ("macs", "macs_share")
        assert table.hottest > 0
        await pilot.press("v", *"stages", "enter")
        await pilot.pause()
        assert table.table is not None
        assert table.table.view == "stages"
        await pilot.press("a", "x")
        assert app.perspective.selection.everything
        assert app.perspective.selection.fold

    explore(drive)
