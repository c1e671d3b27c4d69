"""What flows through a network, beside its rows: run now, or over the steps of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import (
    DATA,
    SIZES,
    KeptOpen,
    Keys,
    card_text,
    child_of,
    chosen_path,
    drawn,
    fill,
    line_of,
    settle,
    shown_paths,
    table_of,
    text_of,
    until,
    value_at,
)
from proofs import Proofs, actions_of, at_sizes, of_each
from signals import run_of
from textual.widgets import Input

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.tui.actions.networks import look_at_named
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.form import Form

PROOFS = Proofs()
RESNET18 = ri.load(DATA / "resnet18.json")


async def back(app: Explorer, pilot: Keys) -> None:
    """Look at the network alone again."""
    look_at_named(app, "resnet18")
    await until(pilot, lambda: "step" not in text_of(app, "#title"))
    await settle(pilot)


@PROOFS.of("signals")
async def runs_it_forward_and_back(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, Form)
    await fill(app, pilot, "meta")
    assert "meta computes nothing" in str(app.screen.query_one("#form-problem").render())
    await fill(app, pilot, "cpu", "8")
    asked = child_of(app).asked[-1]
    assert asked["input"] == [8, 3, 224, 224]
    assert asked["mode"] == "train"
    assert asked["step"] == {"loss": None, "seed": 0}
    assert "grad rms" in line_of(table_of(app), 0)
    await pilot.press(key)
    await fill(app, pilot, "cpu", "4", "train", "", "7")
    assert "running forward and back (esc stops)" in text_of(app, "#title")
    killed = child_of(app).killed
    await pilot.press("escape")
    await settle(pilot)
    assert child_of(app).killed == killed + 1
    assert "running" not in text_of(app, "#title")
    assert "loss 2.50" in text_of(app, "#totals")
    await back(app, pilot)
    assert "grad rms" not in line_of(table_of(app), 0)


@PROOFS.of("step(-1)", "step(1)")
async def shows_another_step(app: Explorer, pilot: Keys, key: str) -> None:
    before = text_of(app, "#title")
    await pilot.press(key)
    assert text_of(app, "#title") == before, "there is no run"
    await pilot.press("S")
    await fill(app, pilot)
    spread = 1.0 + RESNET18.calls_at["conv1"][0]
    assert "step 200 (3 of 3)" in text_of(app, "#title")
    assert "next step" in text_of(app, "#keys")
    assert value_at(app, "conv1", "output_std") == spread + 20
    table_of(app).go(shown_paths(table_of(app)).index("conv1"))
    back_and_forth = ("comma", "comma", "comma", key) if key == "full_stop" else (key,)
    await pilot.press(*back_and_forth)
    await until(pilot, lambda: "step 100 (2 of 3)" in text_of(app, "#title"))
    await settle(pilot)
    assert value_at(app, "conv1", "output_std") == spread + 10
    assert chosen_path(table_of(app)) == "conv1", "nothing moves"
    await back(app, pilot)
    assert "next step" not in text_of(app, "#keys")


@of_each(actions_of("recorded.signals"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("recorded.signals")}


@at_sizes(SIZES[2])
def test_a_saved_run_is_filtered_sorted_and_drawn_over_its_steps(
    kept_open: KeptOpen, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    pipeline.save_signals((RESNET18, run_of(RESNET18, 5)), path)

    async def steps(app: Explorer, pilot: Keys) -> None:
        look_at_named(app, str(path))
        await until(pilot, lambda: "step 400 (5 of 5)" in text_of(app, "#title"))
        await settle(pilot)
        table = table_of(app)
        table.cursor = 0
        await settle(pilot)
        card = " ".join(card_text(app).split())
        assert "could be trained changed in none of these steps: conv1.weight" in card
        table.go(shown_paths(table).index("layer2.0.conv2"))
        await settle(pilot)
        spread = 1 + RESNET18.calls_at["layer2.0.conv2"][0]
        card = card_text(app)
        assert f"std  {spread:.1f} to {spread + 40:.1f}" in card
        assert "▁▃▅▇█" in card, "five steps that grow evenly"
        assert "▲" in card
        await pilot.press("slash", *"gradient_rms<1e6 update_ratio>0.05%")
        await settle(pilot)
        found = {p for p in shown_paths(table) if "conv" in p}
        last = [c.path for c in RESNET18.calls if 2.0 ** (len(RESNET18.calls) - c.index) < 1e6]
        assert found == {p for p in last if "conv" in p}
        await pilot.press("escape")
        table.sort_by("gradient_rms")
        table.show_heat("output_std")
        await settle(pilot)
        assert "grad rms▼" in line_of(table, 0)
        assert shown_paths(table)[0] == "conv1"
        assert "█" in drawn(table)
        table.show_heat(None)
        table.sort_by(None)
        await pilot.press("c", *"gradient_norm")
        await settle(pilot)
        assert app.screen.query_one(Input).value == "gradient_norm"
        await pilot.press("down", "space", "enter")  # the first is ‖∇w‖, which is ticked
        await settle(pilot)
        assert "grad norm" in line_of(table, 0)
        app.perspective.columns.clear()
        await back(app, pilot)

    kept_open.run(steps)


@pytest.mark.parametrize("ascii", [False, True])
def test_a_line_is_drawn_from_the_least_to_the_most(ascii: bool) -> None:
    from resnet_inspect.views.figures.sparkline import places, sparkline

    bars = "_.-~=+*#" if ascii else "▁▂▃▄▅▆▇█"
    assert sparkline([float(i) for i in range(3, 11)], ascii=ascii) == bars
    assert sparkline([10.0**i for i in range(8)], ascii=ascii) == bars, "logarithmic"
    assert sparkline([0.0, 1.0, 100.0], ascii=ascii) == bars[0] + bars[0] + bars[-1]
    assert sparkline([None, 2.0, None], ascii=ascii) == f" {bars[4]} "
    assert places(5, 40) == [0, 1, 2, 3, 4]
    assert places(101, 3) == [0, 50, 100]
