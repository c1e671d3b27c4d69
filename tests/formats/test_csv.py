"""Rows for programs: every cell is read back, and none is a formula that nobody asked for."""

from __future__ import annotations

import csv
import io

import pytest
from saved import survey_of
from written_tables import table_of

from resnet_inspect.formats import render
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Heading, Table, listing


def test_csv_gives_every_cell_back(table: Table) -> None:
    header, *rows = csv.reader(io.StringIO(render(table, "csv", raw=True)))
    assert header[: len(table.shown)] == list(table.shown)
    assert {"kind", "subtotal", "repeat"} <= set(header)
    assert len(set(header)) == len(header)
    assert len(rows) == len(table.rows)
    for row, fields in zip(table.rows, rows, strict=True):
        for key, field in zip(header, fields, strict=True):
            cell = table.cell(row, key)
            if isinstance(cell.value, bool):
                assert field == ("true" if cell.value else "false")
            elif isinstance(cell.value, int):
                assert int(field) == cell.value
            elif isinstance(cell.value, float):
                assert float(field) == cell.value
            else:
                assert field == cell.text


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("-", "-"),
        ("+12.5 %", "+12.5 %"),
        ("", ""),
    ],
)
def test_csv_has_no_text_that_a_spreadsheet_would_run(name: str, harmless: str) -> None:
    heading = Heading("path", "path", "left", 0)
    table = listing("x", "x", (heading,), [(Cell(name, name),)], model="x")
    for raw, wanted in ((False, harmless), (True, name)):
        (_, (field, *_)) = csv.reader(io.StringIO(render(table, "csv", raw=raw)))
        assert field == wanted
    numbers = listing("x", "x", (heading,), [(Cell(-3, "-3"),)], model="x")
    assert "'" not in render(numbers, "csv")


def test_csv_rows_sum_to_the_total() -> None:
    selection = Selection(fold=True, columns=("path", "parameters", "macs"))
    table = table_of(survey_of("resnet50"), "layers", selection)
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    summed = [row for row in rows if row["subtotal"] == "false"]
    for key, total in (("parameters", 25_557_032), ("macs", 4_089_184_256)):
        assert sum(int(row[key]) * int(row["repeat"]) for row in summed) == total
