"""What is taken along: to the clipboard, to a file, to the editor."""

from __future__ import annotations

from pathlib import Path

from driving import (
    DATA,
    KeptOpen,
    Keys,
    explore,
    fill,
    settle,
    text_of,
)
from proofs import Proofs, actions_of, of_each
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.formats import render
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.form import Form

PROOFS = Proofs()


@PROOFS.of("copy_row")
async def copies_the_row(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("j", key)
    await settle(pilot)
    assert app.clipboard.split("\t")[:3] == ["conv1", "conv", "7×7"]


@PROOFS.of("copy_table")
async def copies_the_table(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert app.clipboard == render(ri.tabulate(ri.load(DATA / "resnet18.json")), "md")


@PROOFS.of("export")
async def exports(app: Explorer, pilot: Keys, key: str) -> None:
    printed = render(ri.tabulate(ri.load(DATA / "resnet18.json")), "csv")
    await pilot.press(key)
    await fill(app, pilot, "table.csv")
    assert Path("table.csv").read_text(encoding="utf-8") == printed
    await pilot.press(key)
    await fill(app, pilot, "table.csv")
    assert "exists already" in text_of(app.screen, "#form-problem")  # type: ignore[arg-type]
    await fill(app, pilot, "trace.json", "no", "yes")
    assert ri.load("trace.json") == ri.load(DATA / "resnet18.json")


@PROOFS.of("open_source")
async def opens_the_source(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press("j", key)
    await settle(pilot)
    # An editor needs a terminal: without one the place is copied.
    place, _, line = app.clipboard.rpartition(":")
    assert "class Conv2d" in Path(place).read_text(encoding="utf-8").splitlines()[int(line) - 1]


@PROOFS.of("picture")
async def takes_a_picture(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await fill(app, pilot, "screen.svg")
    picture = Path("screen.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "conv1" in picture


@of_each(actions_of("export"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("export")}


def test_export_writes_what_is_shown_and_never_over_a_file(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("e", "enter")
        await pilot.pause()
        written = own_state / "resnet18-layers.md"
        assert "layer4.1.conv2" in written.read_text(encoding="utf-8")
        await pilot.press("e", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert "exists already" in str(app.screen.query_one("#form-problem").render())
        await pilot.press("escape")

    explore(drive)


def test_copying_puts_the_row_or_the_table_on_the_clipboard() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await pilot.press("j", "j", "y")
        assert app.clipboard.startswith("conv1\tconv\t7×7")
        await pilot.press("Y")
        assert app.clipboard.startswith("## resnet18")

    explore(drive)
