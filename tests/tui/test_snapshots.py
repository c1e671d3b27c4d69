"""Pictures of the screen, at three sizes, and at the smallest in a light theme too.

`pytest tests/tui/test_snapshots.py --renew-snapshots` writes them anew: look at each.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import DATA, SIZES, Keys, drive, fill, settle
from pictures import difference
from textual.app import App

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.session.request import Request

Snapshot = Callable[[App[int], str], None]
THEMES = {"dark": "textual-dark", "light": "textual-light"}


def explorer(name: str) -> Explorer:
    """The explorer on a saved trace, whose title names no folder of this machine."""
    return Explorer(Request(name, path=f"{name}.json"), ri.load(DATA / f"{name}.json"))


@pytest.mark.parametrize(
    ("size", "shade"), [*((size, "dark") for size in SIZES), (SIZES[0], "light")], ids=str
)
def test_the_main_screen(size: tuple[int, int], shade: str, snapshot: Snapshot) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        app.theme = THEMES[shade]
        await app.bench.go_to_path("layer2.0.conv2")
        await settle(pilot)
        snapshot(app, f"main-{size[0]}x{size[1]}-{shade}")

    drive(explorer("resnet18"), steps, size)


def test_the_help(snapshot: Snapshot) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("question_mark")
        await settle(pilot)
        snapshot(app, "help-120x40")

    drive(explorer("resnet18"), steps, (120, 40))


def test_two_networks_side_by_side(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)

    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("d")
        await fill(app, pilot, "resnet34.json")
        snapshot(app, "compared-120x40")

    drive(explorer("resnet18"), steps, (120, 40))


def test_a_picture_that_differs_is_told_in_lines_of_text() -> None:
    def picture(*lines: str, colour: str = "#fff") -> str:
        texts = (
            f'<text fill="{colour}" x="{12 * x}" y="{20 * y}" clip-path="url(#l)">{part}</text>'
            for y, line in enumerate(lines)
            for x, part in enumerate(line.split("|"))
        )
        return f"<svg>{''.join(texts)}</svg>"

    before = picture("conv1|&#160;3×3", "a &lt; b")
    assert difference(before, picture("conv1|&#160;7×7", "a &lt; b")).splitlines()[-2:] == [
        "-conv1 3×3",
        "+conv1 7×7",
    ]
    assert "colours" in difference(before, picture("conv1|&#160;3×3", "a &lt; b", colour="#000"))
