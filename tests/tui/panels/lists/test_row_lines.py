"""Rows drawn line by line: bars, signs, and what is in sight."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ComposeResult
from textual.geometry import Size

from resnet_inspect.tui.base_app import BaseApp
from resnet_inspect.tui.panels.lists.row_lines import Piece, RowLines, share_bar
from resnet_inspect.views.tables.table import EMPTY, Row


@pytest.mark.parametrize(("part", "drawn", "in_ascii"), [
    (0.0, "      ", "      "),
    (0.4 / 48, "      ", "      "),  # of 48 eighths of a cell not half a one
    (0.6 / 48, "▏     ", "      "),
    (1.5 / 6, "█▌    ", "##    "),
    (1.0, "██████", "######"),
    (1.7, "██████", "##########"),
])  # fmt: skip
def test_a_bar_shows_from_half_of_its_smallest_step_on(
    part: float, drawn: str, in_ascii: str
) -> None:
    assert share_bar(part, 6, ascii=False) == drawn
    if part <= 1:
        assert share_bar(part, 6, ascii=True) == in_ascii


class Numbers(RowLines):
    """A hundred rows that say which they are, under a header."""

    def header(self) -> list[Piece]:
        """What stands above them."""
        return [("number", "header")]

    def pieces(self, place: int, row: Row) -> list[Piece]:
        """The number of a row and the sign of one that raised."""
        drawn.append(place)
        return [(self.sign_of(row), "failed"), (f"{place:03}", "conv"), (" and more", "muted")]


drawn: list[int] = []


class Listed(BaseApp):
    """An app that is a list of rows."""

    CSS = """
    .rows--conv { color: red; }
    .rows--muted { color: green; }
    .rows--cursor { color: white; background: blue; }
    """

    def compose(self) -> ComposeResult:
        """The rows alone."""
        rows = Numbers(id="rows")
        rows.every = [Row("layer", 0, False, (EMPTY,), raised=n == 41) for n in range(100)]
        rows.shown = [n for n in range(100) if n % 10]
        yield rows


def test_only_what_is_in_sight_is_drawn_below_the_header() -> None:
    async def run() -> None:
        app = Listed()
        async with app.run_test(size=(30, 8)) as pilot:
            rows = app.query_one(Numbers)
            rows.virtual_size = Size(30, 91)
            await pilot.pause()
            rows.scroll_to(y=36, animate=False, immediate=True)
            await pilot.pause()
            drawn.clear()
            lines = ["".join(segment.text for segment in rows.render_line(y)) for y in range(7)]
            assert lines[0].startswith("number")
            assert [line.strip() for line in lines[1:]] == [
                "✗ 041 and more", *(f"{n:03} and more" for n in (42, 43, 44, 45, 46)),
            ]  # fmt: skip
            assert drawn == [41, 42, 43, 44, 45, 46]
            assert {len(line) for line in lines} == {rows.room}
            rows.ascii = True
            assert "".join(s.text for s in rows.render_line(1)).startswith("! 041")
            rows.shown = rows.shown[:40]
            assert "".join(s.text for s in rows.render_line(6)).strip() == "", "below the last"

    asyncio.run(run())


def test_the_cursor_has_its_own_colours_over_those_of_the_row() -> None:
    async def run() -> None:
        app = Listed()
        async with app.run_test(size=(30, 8)) as pilot:
            rows = app.query_one(Numbers)
            await pilot.pause()
            rows.focus()
            rows.cursor = 1
            await pilot.pause()
            plain, chosen = (
                {piece.style for piece in rows.render_line(y) if piece.text.strip()} for y in (1, 2)
            )
            assert len(plain) == 2, "the number is of its kind, the words are muted"
            assert len(chosen) == 1
            (style,) = chosen
            cursor = rows.get_component_rich_style("rows--cursor")
            assert style is not None
            assert style.bgcolor == cursor.bgcolor

    asyncio.run(run())
