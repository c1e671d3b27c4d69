"""Words: which are marked, which texts they are looked for in, and how long those are kept."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
from filters import found, table_of

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter import parse, words
from resnet_inspect.views.tables.table import Cell, Row


def test_numbers_are_whole() -> None:
    table = table_of("resnet50")
    for place in parse("28×28").places(table):
        row = table.rows[place]
        texts = [table.cell(row, key).text for key in ("input_shape", "output_shape")]
        assert any(text.endswith("×28×28") for text in texts)
    assert found("28x2") == []
    assert found("8×28") == []
    assert found("28x") == found("28x28")


def test_words_are_those_to_be_marked() -> None:
    assert parse('Conv -relu 3×3 stride:2 "max pool" Conv').words == ("conv", "3x3", "max pool")


@pytest.mark.parametrize("path", ["[bold]", "x[out]", "a|b", "[/]", "[link=x]"])
def test_names_that_look_like_patterns_are_found(path: str) -> None:
    row = Row("layer", 0, False, tuple(Cell("", "") for _ in COLUMNS))
    cells = (Cell(path, path), *row.cells[1:])
    table = replace(table_of("plain"), rows=(replace(row, cells=cells), row))
    for text in (path, f'"{path}"', f"path:{path}", f'path="{path}"', path[1:]):
        assert parse(text).places(table) == [0]


def test_texts_are_kept_no_longer_than_their_table() -> None:
    table = replace(table_of("resnet18"))
    asked = parse("conv")
    asked.places(table)
    key, gone = id(table), weakref.ref(table)
    assert words._texts[key][0]() is table
    del table, asked
    gc.collect()
    assert gone() is None
    assert key not in words._texts
