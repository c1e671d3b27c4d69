"""How the network is run: input, dtype, mode, arguments of the builder, device."""

from __future__ import annotations

from driving import SIZES, KeptOpen, Keys, child_of, fill, lines_of, settle, table_of, text_of
from proofs import Proofs, actions_of, at_sizes, of_each
from textual.widgets import Input

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.form import Form

PROOFS = Proofs()


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


@of_each(actions_of("inputs"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("inputs")}


@at_sizes(SIZES[0])
def test_the_arguments_of_the_builder_are_offered(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("i", "tab", "tab", "tab", *"num_c")
        await settle(pilot)
        assert "num_classes=1000  groups=1" in str(app.screen.query_one("#form-hint").render())
        await pilot.press("right")
        await settle(pilot)
        assert child_of(app).asked[-1]["arguments"] == {"num_classes": 1000}
        await pilot.press(*("backspace",) * 2, "enter")
        await settle(pilot)
        assert app.request.arguments == (("num_classes", "10"),)
        await pilot.press("U")
        await settle(pilot)

    kept_open.run(steps)


@at_sizes(*SIZES)
def test_the_totals_stay_in_sight_below_what_is_filled_in(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("i")
        await settle(pilot)
        assert app.screen.query_one(".dialog").region.bottom <= app.totals.region.y
        assert any("11,689,512 params" in line for line in lines_of(app))
        await pilot.press("escape")
        await settle(pilot)

    kept_open.run(steps)


@at_sizes(SIZES[0])
def test_the_right_one_of_two_networks_gets_another_input(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("d")
        await fill(app, pilot, "resnet34")
        await pilot.press("i")
        await fill(app, pilot, "1,3,64,64")
        assert child_of(app).asked[-1]["input"] == [1, 3, 64, 64]
        assert child_of(app).asked[-1]["model"] == "resnet34"
        assert "resnet18 · 1×3×224×224" in text_of(app, "#title")
        assert "resnet34 · 1×3×64×64" in text_of(app, "#title")
        asked = len(child_of(app).asked)
        await pilot.press("i", "0")
        await settle(pilot)
        assert "positive integer" in str(app.screen.query_one("#form-problem").render())
        await pilot.press("escape")
        await settle(pilot)
        assert len(child_of(app).asked) == asked + 1
        assert "resnet34 · 1×3×64×64" in text_of(app, "#title")
        await pilot.press("d")
        await settle(pilot)
        assert "against" not in str(table_of(app).border_title)

    kept_open.run(steps)
