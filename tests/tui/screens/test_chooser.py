"""Choosing one of several things from a list that narrows as one types."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from textual.widgets import OptionList

from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.screens.chooser import Choice, Chooser, choices_of
from resnet_inspect.views.tables import variants
from resnet_inspect.views.tables.table import Cell, Heading, listing

FRUIT = (
    Choice("a", "apple", "red or green"),
    Choice("b", "banana", "yellow"),
    Choice("g", "green gage", "a plum"),
)


def chosen(
    *keys: str, choices: Sequence[Choice] = FRUIT, **how: Any
) -> tuple[list[str | None], list[str], list[str]]:
    """What these keys choose, what was listed last, and what was previewed."""
    answers: list[str | None] = []
    previewed: list[str] = []
    dialog = Chooser("Fruit", choices, preview=previewed.append, **how)
    listed: list[str] = []

    async def run() -> None:
        app = BaseApp()
        async with app.run_test(size=(60, 20)) as pilot:
            app.push_screen(dialog, answers.append)
            await pilot.pause()
            for key in keys:
                if key in ("enter", "escape"):
                    listed.extend(choice.key for choice in dialog.found)
                    assert dialog.query_one(OptionList).option_count == len(dialog.found)
                await pilot.press(key)
            await pilot.pause()

    asyncio.run(run())
    return answers, listed, previewed


def test_enter_takes_what_is_marked_and_escape_nothing() -> None:
    assert chosen("enter")[:2] == (["a"], ["a", "b", "g"])
    assert chosen("enter", current="b")[0] == ["b"], "the current one is marked first"
    assert chosen("escape")[0] == [None]


def test_the_mark_goes_around_the_ends_and_is_previewed() -> None:
    answers, _, previewed = chosen("down", "down", "down", "up", "enter")
    assert answers == ["g"]
    assert previewed == ["a", "b", "g", "a", "g"]
    assert chosen("up", "ctrl+n", "ctrl+n", "up", "enter")[0] == ["a"]


def test_what_is_typed_finds_names_before_what_is_known_of_them() -> None:
    assert chosen(*"green", "enter")[:2] == (["g"], ["g", "a"])
    assert chosen(*"yell", "enter")[:2] == (["b"], ["b"])


@pytest.mark.parametrize(("free", "answer"), [("name it", ["kiwi"]), ("", [])])
def test_what_is_in_no_list_is_taken_where_that_is_allowed(free: str, answer: list[str]) -> None:
    assert chosen(*"kiwi", "enter", free=free)[:2] == (answer, [])


def test_a_choice_for_each_row_has_its_cells_below_each_other() -> None:
    columns = (
        Heading("name", "name", "left", 0), Heading("size", "size", "right", 0),
        Heading("kind", "kind", "left", 0),
    )  # fmt: skip
    rows = [
        [Cell(text, text) for text in row]
        for row in (("one", "1,000", "a"), ("層two", "2", "long"))
    ]
    header, choices = choices_of(listing("v", "", columns, rows), "kind", "size")
    assert header == "name   kind   size"
    assert choices == [Choice("one", "one", "a     1,000"), Choice("層two", "層two", "long      2")]


def test_every_variant_is_a_choice_of_one_line() -> None:
    header, choices = choices_of(variants.table(tuple(VARIANTS.values())), "parameters", "input")
    assert [choice.key for choice in choices] == list(VARIANTS)
    by_name = {choice.key: choice.detail for choice in choices}
    assert "25,557,032" in by_name["resnet50"]
    assert len({len(choice.detail) for choice in choices}) == 1
    assert "input" in header
