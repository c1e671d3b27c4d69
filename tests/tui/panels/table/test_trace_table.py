"""The table: its cells, its columns, and what a click does."""

from __future__ import annotations

import pytest
from driving import (
    DATA,
    Keys,
    chosen_path,
    drive,
    explore,
    explorer_with_child,
    line_of,
    table_of,
    tree_of,
)
from textual.pilot import Pilot

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.table.column_fit import SHAPES
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.text import map_shape, shape


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
def test_the_cells_are_those_of_the_printouts(size: tuple[int, int]) -> None:
    printed = ri.tabulate(ri.load(DATA / "resnet50.json"))

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.every[0].kind == "network"
        for row, expected in zip(table.every[1:], printed.rows, strict=True):
            for column in table.columns:
                cell = printed.cell(expected, column.key)
                text = cell.text
                if column.key in SHAPES and isinstance(cell.value, tuple):
                    text = map_shape(cell.value) if table.fit.powers else shape(cell.value[1:])
                if column.key == "operation" and (window := printed.cell(expected, "window").text):
                    text = f"{printed.cell(expected, 'op').text.removesuffix(' pool')} {window}"
                if column.key not in ("path", "share"):
                    assert table.written(row, column) == text

    explore(drive, "resnet50", size)


def test_sorting_by_a_column_and_again_reverses() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        assert table.table is not None
        for descending in (True, False):
            await pilot.press("s", *"params", "enter")
            await pilot.pause()
            values = [table.table.cell(table.every[i], "parameters").value for i in table.shown]
            assert values == sorted(values, reverse=descending)  # type: ignore[type-var]
        assert not any(table.every[i].subtotal for i in table.shown)
        await pilot.press("escape")
        assert table.sorted_by is None

    explore(drive)


def test_a_click_on_a_title_sorts_and_on_a_row_chooses() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table = table_of(app)
        await pilot.click("#table", offset=(4, 1))
        assert table.sorted_by == "path"
        await pilot.press("escape", "g")
        await pilot.click("#table", offset=(8, 5))
        assert chosen_path(table) == "maxpool"

    explore(drive)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet101"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_what_must_be_seen_is_seen_beside_the_tree(name: str, size: tuple[int, int]) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        table, tree = table_of(app), tree_of(app)
        keys = [column.key for column in table.columns]
        shapes = ["input_shape", "output_shape"][size == (80, 24) :]
        assert keys == ["path", "operation", *shapes, "parameters", "macs"]
        assert table.content_width <= table.room
        await pilot.press("1", "equals_sign")
        assert tree.region.width
        assert len(tree.shown) == len(tree.every)
        for line, place in enumerate(tree.shown):
            written = "".join(text for text, _ in tree.pieces(place, tree.every[place]))
            assert "…" not in written, line
            assert len(written) <= tree.room

    explore(drive, name, size)


def test_op_and_window_in_one_column_are_those_of_their_four() -> None:
    table = ri.tabulate(ri.load(DATA / "resnet50_v1.json"), "layers", Selection(everything=True))
    found = set()
    for row in table.rows:
        if row.kind not in ("layer", "function"):
            assert not table.cell(row, "operation").text
            continue
        kernel, stride = (table.cell(row, key).text for key in ("kernel_size", "stride"))
        step = "" if stride in ("", "1×1") else f"/{stride.partition('×')[0]}"
        short = table.cell(row, "op").text.replace("max pool", "max")
        assert table.cell(row, "operation").text == f"{short} {kernel}{step}".strip()
        found.add(table.cell(row, "operation").text)
    assert {"conv 7×7/2", "max 3×3/2", "conv 1×1/2", "avg pool", "add", "linear"} <= found


def test_what_is_being_done_is_said_where_the_rows_will_be() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        table.table = None
        app.title_line("resnet18", "importing torch")
        assert "importing torch …" in line_of(table, table.size.height // 2).strip()

    drive(explorer_with_child("resnet18")[0], steps)
