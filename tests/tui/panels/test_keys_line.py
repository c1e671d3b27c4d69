"""The keys at the bottom: as many as there is room for, each where a click finds it."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ComposeResult

from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.panels.keys_line import Hint, KeysLine

FOLD, SORT, VIEW, HELP, PALETTE = (
    Hint(key, name, f"app.{name}")
    for key, name in (
        ("space", "fold"),
        ("s", "sort"),
        ("v", "view"),
        ("?", "help"),
        ("^p", "palette"),
    )
)


class Line(BaseApp):
    """An app that is a line of keys."""

    done = ""

    def compose(self) -> ComposeResult:
        """The line alone."""
        line = KeysLine(lambda: "table", id="line")
        line.panes = {"table": (FOLD,), "tree": (VIEW,)}
        line.common, line.last = (SORT, VIEW), (HELP, PALETTE)
        yield line

    def action_sort(self) -> None:
        """Note it."""
        self.done += "sorted "

    def action_palette(self) -> None:
        """Note it."""
        self.done += "opened "


def line_at(width: int, *first: Hint, click: int | None = None) -> tuple[str, str]:
    """What the line says in so much room, and what was done by a click."""

    async def run() -> tuple[str, str]:
        app = Line()
        async with app.run_test(size=(width, 3)) as pilot:
            line = app.query_one(KeysLine)
            line.styles.height = 1
            line.name_first(first)
            await pilot.pause()
            if click is not None:
                await pilot.click(KeysLine, offset=(click, 0))
            return str(line.render()), app.done

    return asyncio.run(run())


def test_a_hint_takes_its_cells_and_a_gap() -> None:
    assert Hint("s", "sort", "").width == len("s sort") + 2
    assert Hint("×", "層", "").width == len("× ") + 2 + 2


@pytest.mark.parametrize(("width", "said"), [
    (60, "space fold  s sort  v view  ? help                ^p palette"),
    (48, "space fold  s sort  v view  ? help    ^p palette"),
    (45, "space fold  s sort  ? help         ^p palette"),
    (20, "? help    ^p palette"),
    (10, "? help  ^p palette"),
])  # fmt: skip
def test_the_most_wanted_come_first_and_the_last_stands_on_the_right(width: int, said: str) -> None:
    assert line_at(width)[0].rstrip() == said


def test_what_is_shown_names_its_own_before_all() -> None:
    step = Hint(".", "next step", "app.step")
    assert line_at(60, step)[0].startswith(". next step  space fold  ")


def test_a_click_does_what_the_key_does() -> None:
    said, _ = line_at(60)
    assert line_at(60, click=said.index("sort") + 2)[1] == "sorted "
    assert line_at(60, click=said.index("palette"))[1] == "opened "
    assert line_at(60, click=said.index("  ^p"))[1] == "", "between two"
