"""Which network is looked at: chosen, edited, opened, undone, run again."""

from __future__ import annotations

from driving import (
    BREAKS,
    DATA,
    TOTALS,
    KeptOpen,
    Keys,
    assert_shows,
    child_of,
    drawn,
    fill,
    settle,
    shown_paths,
    table_of,
    text_of,
)
from proofs import Proofs, actions_of, of_each
from textual.widgets import Input

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.chooser import Chooser
from resnet_inspect.tui.screens.form import Form

PROOFS = Proofs()


@PROOFS.of("model")
async def chooses_a_variant(app: Explorer, pilot: Keys, key: str) -> None:
    assert_shows(app, "resnet18")
    await pilot.press(key)
    assert isinstance(app.screen, Chooser)
    await fill(app, pilot, "resnet50")
    assert_shows(app, "resnet50")
    assert "layer1.0.conv3" in shown_paths(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("inputs")
async def edits_the_input(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    assert isinstance(app.screen, Form)
    app.screen.query(Input).first().value = "2,3,32,32"
    await settle(pilot)
    assert child_of(app).asked[-1]["input"] == [2, 3, 32, 32], "it follows before enter"
    await pilot.press("enter")
    await settle(pilot)
    assert "2×3×32×32" in text_of(app, "#title")
    await pilot.press("U")
    await settle(pilot)
    assert "1×3×224×224" in text_of(app, "#title")


@PROOFS.of("device")
async def runs_on_a_device(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "cpu")
    assert child_of(app).asked[-1]["device"] == "cpu"
    assert "cpu" in text_of(app, "#title")
    await pilot.press("U")
    await settle(pilot)
    assert "meta" in text_of(app, "#title")


@PROOFS.of("open_trace")
async def opens_a_trace(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "no such file.json")
    assert "no such file.json" in text_of(app, "#problem")
    assert TOTALS["resnet18"] in text_of(app, "#totals")
    await pilot.press(key)
    await fill(app, pilot, str(DATA / "resnet34.json"))
    assert_shows(app, "resnet34")
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("undo", "redo")
async def undoes_and_redoes(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("m")
    await fill(app, pilot, "resnet34")
    undo, redo = (key, "ctrl+r") if key in ("ctrl+z", "U") else ("U", key)
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")
    await pilot.press(redo)
    await settle(pilot)
    assert_shows(app, "resnet34")
    await pilot.press(undo)
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("partial")
async def shows_the_trace_of_what_raised(app: Explorer, pilot: Keys, key: str) -> None:
    app.failed = None
    whole = shown_paths(table_of(app))
    await pilot.press(key)
    await settle(pilot)
    assert shown_paths(table_of(app)) == whole, "nothing has raised"
    await pilot.press("i")
    await fill(app, pilot, ",".join(map(str, BREAKS)))
    assert f"{key} shows the trace up to there" in text_of(app, "#problem")
    assert shown_paths(table_of(app)) == whole, "the last good one stays"
    await pilot.press(key)
    await settle(pilot)
    broken = ri.load(DATA / "broken.json")
    assert table_of(app).table is not None
    assert len(table_of(app).every) == len(ri.tabulate(broken).rows)
    assert "✗" in drawn(table_of(app))
    await pilot.press("U")
    await settle(pilot)
    assert_shows(app, "resnet18")


@PROOFS.of("retry")
async def runs_again(app: Explorer, pilot: Keys, key: str) -> None:
    asked = child_of(app).asked
    before = list(asked)
    await pilot.press(key)
    await settle(pilot)
    assert len(asked) == len(before) + 1
    assert asked[-1] == before[-1] | {"model": "resnet18"}
    assert_shows(app, "resnet18")


@of_each(actions_of("networks"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("networks")}
