"""The explorer draws the cells of the printouts, and names as they are, whatever they look like."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from driving import (
    DATA,
    SAVED,
    Keys,
    drawn,
    drive,
    explorer_of,
    explorer_with_child,
    fill,
    settle,
    shown_paths,
    table_of,
    text_of,
)
from rich.cells import cell_len
from saved import ByHand, conv, window

import resnet_inspect as ri
from resnet_inspect.formats.text.cells import cut
from resnet_inspect.formats.text.grid import GAP
from resnet_inspect.formats.text.sections import SECTIONS
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.panels.network_tree import short_name
from resnet_inspect.tui.panels.table.column_fit import LONGEST
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.session.request import Request
from resnet_inspect.views.tables import VIEWS

WIDE_ENOUGH = (420, 60)
"""A terminal in which no column is left out and nothing is cut."""


OF_EACH_KIND = (
    "broken", "dense", "functional", "names", "oddities", "r3d_18", "resnet50", "resnet18_odd",
)  # fmt: skip
"""Saved traces, one of each kind of network."""
ACROSS = {"layers": ("note",), "blocks": (), "stages": (), "modules": ()}
"""Columns whose text stands across others; the words of sections have tests of their own."""
BARS = str.maketrans("█▏▎▍▌▋▊▉", " " * 8)


def drawn_cells(table: TraceTable, place: int) -> Iterator[tuple[str, int, str]]:
    """Column, width and text of the cells of a row, cut out of it as it is drawn."""
    text = "".join(text for text, _ in table.pieces(place, table.every[place])).translate(BARS)
    # A wide character takes the place of two.
    row = "".join(character.ljust(cell_len(character), "\0") for character in text)
    start = 0
    for column, width in zip(table.columns, table.widths, strict=True):
        yield column.key, width, row[start : start + width].replace("\0", "").strip()
        start += width + GAP


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_every_row_of_every_view_reads_as_in_the_printout(name: str) -> None:
    trace = ri.load(DATA / f"{name}.json")

    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        for view in VIEWS:
            if view == "totals":
                continue
            await pilot.press("v")
            await fill(app, pilot, view)
            printed = ri.tabulate(trace, view)
            assert [column.key for column in table.columns] == [
                column.key for column in printed.shown_columns if column.key not in ACROSS[view]
            ]
            places = table.shown[view != "modules" :]  # the network's row is the explorer's own
            for place, row in zip(places, printed.rows, strict=True):
                for key, width, drawn_text in drawn_cells(table, place):
                    text = " ".join(printed.cell(row, key).text.split())
                    if key in ("input_shape", "output_shape") and "×" in text:
                        text = text.removeprefix(f"{table.samples}×")
                    worded = row.kind in SECTIONS and view == "layers"
                    if key == "path":
                        path = path_of(printed, row)
                        names = (path.strip(), short_name(path).strip())
                        name = drawn_text.removeprefix("✗ " if row.raised else "").strip()
                        end = name.removeprefix("…")
                        assert worded or any(name.endswith(end) for name in names), view
                        assert worded or name in names or len(end) > LONGEST // 2
                    elif text and not (worded and key == "op"):
                        assert width >= min(LONGEST, cell_len(text)), "no cell is cut early"
                        assert drawn_text == cut(text, width), (view, row.kind, key)

    drive(explorer_of(name), steps, WIDE_ENOUGH)


def test_the_totals_are_those_of_the_printout() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        for name in SAVED:
            await pilot.press("O")
            await fill(app, pilot, str(DATA / f"{name}.json"))
            printed = ri.tabulate(ri.load(DATA / f"{name}.json"))
            said = text_of(app, "#totals")
            assert printed.totals[0].cell.text in said
            assert ("remark" in said) == bool(printed.remarks)

    drive(explorer_with_child("resnet18")[0], steps, WIDE_ENOUGH)


LONG = ".".join(["a_rather_long_name"] * 11)
"""A path of more than 200 characters."""
NAMES = ("[bold]", "x[out]", "[/]", "[link=x]y", "$text", "層", LONG)
REASON = "[red]Strange[/red]"


@pytest.fixture
def odd() -> Trace:
    """A network whose layers have odd names, one of them of a kind that nobody knows."""
    by_hand = ByHand()
    x = by_hand.input(1, 3, 8, 8)
    for name in NAMES:
        x = by_hand.step(
            name, conv(3, 3, window(3, padding=1)), x, weights={"weight": (3, 3, 3, 3)}
        )
    x = by_hand.step("[unknown]", Unknown(REASON, "no rule for it"), x)
    return by_hand.trace(x)


@pytest.mark.parametrize("size", [(120, 40), WIDE_ENOUGH], ids=str)
def test_odd_names_are_shown_as_they_are(odd: Trace, size: tuple[int, int]) -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        for name in (*NAMES, "[unknown]"):
            await app.bench.go_to_path(name)
            await settle(pilot)
            card = "".join(text_of(app, "#card").split("\n"))
            assert name in card or name[:200] in card.replace(" ", "")
            if name != LONG:
                assert f"{name} " in drawn(table)
        assert LONG[-20:] in drawn(table), "of a long path the end is shown"
        assert REASON in "".join(text_of(app, "#card").split("\n"))
        await pilot.press("y")
        assert app.clipboard.startswith("[unknown]\t")
        assert set(NAMES) <= set(shown_paths(table))
        await pilot.press("ctrl+p")
        await settle(pilot)
        await pilot.press("escape", "question_mark", "escape", "H", "escape", "d", "escape")

    drive(Explorer(Request(odd.model_name, path="[b]odd[/b].json"), odd), steps, size)
