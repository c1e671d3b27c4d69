"""A few lines to fill in, and what completes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from textual.widgets import Static

from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.screens.form import Completed, Field, Form

OFFERED = {"num_classes": "1000", "norm_layer": "", "groups": "1"}


@pytest.mark.parametrize(("typed", "whole"), [
    ("num", "num_classes=1000"),
    ("n", "num_classes=1000"),
    ("num_classes=", "num_classes=1000"),
    ("num_classes=10", "num_classes=1000"),
    ("num_classes=7", None),
    ("groups=2 n", "groups=2 num_classes=1000"),
    ("num_classes=10 n", "num_classes=10 norm_layer="),
    ("num_classes=10 num", None),
    ("Num", None),
    ("", None),
    ("groups=2 ", None),
])  # fmt: skip
def test_the_last_name_is_completed_with_its_default_once(typed: str, whole: str | None) -> None:
    assert asyncio.run(Completed(OFFERED).get_suggestion(typed)) == whole


def filled(*keys: str, **how: Any) -> tuple[list[Mapping[str, str] | None], list[str]]:
    """What a form of two fields gives after these keys, and the lines below it before the last."""
    answers: list[Mapping[str, str] | None] = []
    said: list[str] = []
    form = Form(
        "Input", [Field("size", "size", " 32 ", "sizes with commas"), Field("mode", "mode")], **how
    )

    async def run() -> None:
        app = BaseApp()
        async with app.run_test(size=(60, 20)) as pilot:
            app.push_screen(form, answers.append)
            await pilot.pause()
            form.offer("mode", {"train": "no", "seed": ""})
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                if app.screen is form:
                    hint, problem = (
                        str(form.query_one(f"#form-{line}", Static).render())
                        for line in ("hint", "problem")
                    )
                    said[:] = [hint, problem]
            await pilot.pause()

    asyncio.run(run())
    return answers, said


def test_enter_gives_the_values_and_escape_nothing() -> None:
    assert filled("tab", *"eval", "enter")[0] == [{"size": "32", "mode": "eval"}]
    assert filled("escape")[0] == [None]


def test_the_hint_is_of_the_field_that_has_the_keys() -> None:
    assert filled("end")[1] == ["sizes with commas", ""]
    assert filled("tab")[1] == ["→ completes  train=no  seed=…", ""]


def test_what_is_wrong_is_said_until_something_is_changed() -> None:
    def check(values: Mapping[str, str]) -> str:
        return "" if values["mode"] else "[no] mode"

    assert filled("enter", check=check) == ([], ["sizes with commas", "[no] mode"])
    assert filled("enter", "tab", "x", check=check)[1][1] == ""
    assert filled("enter", "tab", "x", "enter", check=check)[0] == [{"size": "32", "mode": "x"}]


def test_every_change_is_told_with_all_that_stands_there() -> None:
    told: list[Mapping[str, str]] = []
    filled("tab", "a", "b", changed=told.append)
    assert [values["mode"] for values in told[-2:]] == ["a", "ab"]
    assert {values["size"] for values in told} == {"32"}


def test_what_is_typed_replaces_what_stands_there_where_that_is_wanted() -> None:
    assert filled("7", "enter", replaces=True)[0] == [{"size": "7", "mode": ""}]
    assert filled("7", "enter", replaces=False)[0] == [{"size": "32 7", "mode": ""}]
