"""Ticking several things of a list and putting them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from textual.widgets import Static

from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.screens.chooser import Choice
from resnet_inspect.tui.screens.ticks import Ticks

COLUMNS = [
    Choice(key, key, about)
    for key, about in (
        ("path", "where it is"), ("op", "what it does"), ("macs", "what it takes"),
        ("params", "what it holds"),
    )
]  # fmt: skip


def ticked(
    *keys: str, before: Sequence[str] = ("macs", "path", "gone")
) -> tuple[list[tuple[str, ...] | None], list[str], str]:
    """What these keys tick, what was listed last, and what was wrong."""
    answers: list[tuple[str, ...] | None] = []
    dialog = Ticks("Columns", COLUMNS, before, ("path", "op", "gone"))
    seen: list[str] = []
    wrong = ""

    async def run() -> None:
        nonlocal wrong
        app = BaseApp()
        async with app.run_test(size=(60, 20)) as pilot:
            app.push_screen(dialog, answers.append)
            await pilot.pause()
            seen[:] = dialog.listed
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                if app.screen is dialog:
                    seen[:] = dialog.listed
                    wrong = str(dialog.query_one("#ticks-problem", Static).render())
            await pilot.pause()

    asyncio.run(run())
    return answers, seen, wrong


def test_what_is_ticked_stands_first_in_its_order_and_what_is_no_more_is_gone() -> None:
    assert ticked()[1] == ["macs", "path", "op", "params"]
    assert ticked("enter")[0] == [("macs", "path")]
    assert ticked("escape")[0] == [None]


def test_a_tick_comes_and_goes_at_the_end_of_the_others() -> None:
    assert ticked("down", "down", "space", "enter")[0] == [("macs", "path", "op")]
    assert ticked("space", "enter")[0] == [("path",)]
    assert ticked("space", "space", "enter")[0] == [("path", "macs")], "the mark stays with it"


@pytest.mark.parametrize(("keys", "order"), [
    (("shift+down",), ("path", "macs")),
    (("shift+down", "shift+down"), ("path", "macs")),
    (("shift+up",), ("macs", "path")),
    (("down", "alt+up"), ("path", "macs")),
    (("end", "down", "down", "shift+up"), ("macs", "path")),
])  # fmt: skip
def test_ticked_ones_move_among_each_other(keys: tuple[str, ...], order: tuple[str, ...]) -> None:
    assert ticked(*keys, "enter")[0] == [order]


def test_the_first_does_not_move_further_up() -> None:
    before = ("macs", "path", "op")
    assert ticked("shift+up", "enter", before=before)[0] == [before]


def test_all_words_are_looked_for_in_names_and_meanings() -> None:
    assert ticked(*"what")[1] == ["macs", "op", "params"]
    answers, listed, _ = ticked(*"hold", "space", "enter")
    assert (answers, listed) == ([("macs", "path", "params")], ["params"])
    assert ticked(*"zzz")[1] == []


def test_the_view_s_own_come_back_and_nothing_at_all_is_refused() -> None:
    assert ticked("ctrl+r", "enter")[0] == [("path", "op")]
    answers, _, wrong = ticked("space", "space", "enter", before=("macs",))
    assert (answers, wrong) == ([("macs",)], "")
    answers, _, wrong = ticked("space", "enter", before=("macs",))
    assert (answers, wrong) == ([], "tick one at least")


def test_the_mark_goes_around_the_ends_but_a_page_stops_there() -> None:
    assert ticked("up", "space", "enter")[0] == [("macs", "path", "params")]
    assert ticked("pagedown", "space", "enter")[0] == [("macs", "path", "params")]
    assert ticked("pagedown", "down", "space", "enter")[0] == [("path",)]
    assert ticked("down", "pageup", "space", "enter")[0] == [("path",)]
