"""Dialogs are left once, however fast one types, and take what is typed ahead."""

from __future__ import annotations

import pytest
from driving import KeptOpen, Keys, settle, unpaced, until
from proofs import at_sizes
from textual.widgets import Input, OptionList

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.screens.dialog import Once

OPENING = (
    "m", "s", "v", "T", "H", "D", "question_mark", "i", "c", "O", "M", "S", "d", "e", "P", "E", "W",
    "C", "ctrl+p",
)  # fmt: skip
"""Keys that open what lies over the panes."""
PAIRS = (("enter", "enter"), ("enter", "escape"))


async def left(app: Explorer, pilot: Keys) -> None:
    """Leave every dialog, and a comparison."""
    while len(app.screen_stack) > 1:
        await pilot.press("escape")
    app.other = None


@at_sizes((80, 24))
@pytest.mark.parametrize("key", OPENING)
def test_two_keys_at_once_leave_it_once(kept_open: KeptOpen, key: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        for pair in PAIRS:
            await unpaced(app, pilot, key, *pair)
            assert len(app.screen_stack) <= 2, pair
            await left(app, pilot)
        await unpaced(app, pilot, key)
        await until(pilot, lambda: isinstance(app.screen, Once))
        await unpaced(app, pilot, "enter", "enter")
        await left(app, pilot)
        assert app.return_code is None
        assert app.bench.table.row is not None

    kept_open.run(steps)


@at_sizes((80, 24))
@pytest.mark.parametrize("key", ["m", "s", "v", "T", "H", "D", "question_mark", "ctrl+p"])
def test_a_double_click_chooses_once(kept_open: KeptOpen, key: str) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press(key)
        await until(pilot, lambda: bool(app.screen.query(OptionList)))
        listed = app.screen.query_one(OptionList)
        await until(pilot, lambda: listed.option_count > 1)
        await pilot.click(OptionList, offset=(3, 1), times=2)
        await settle(pilot)
        await left(app, pilot)
        assert app.return_code is None

    kept_open.run(steps)


@at_sizes((80, 24))
def test_what_is_typed_ahead_is_of_the_dialog(kept_open: KeptOpen) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        before = app.bench.table.sorted_by
        await unpaced(app, pilot, "m", "s", "1")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        await until(pilot, lambda: app.screen.query_one(Input).value == "s1")
        assert app.bench.table.sorted_by == before
        await left(app, pilot)

    kept_open.run(steps)
