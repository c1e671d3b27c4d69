"""What is true of every format: names are whole, and whatever can be loaded can be written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from rich.cells import cell_len
from saved import NAMES, SMALL, steady, survey_of, trace_of, traces
from written_tables import (
    MARKUP,
    latex_rows,
    lines_of,
    markdown_tables,
    plain,
    set_by_latex,
    table_of,
)

import resnet_inspect
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, formats_by_suffix, render
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table


@pytest.mark.parametrize("format", sorted(set(FORMATS) - {"html"}))
def test_names_that_mean_something_in_a_format_are_whole(format: str) -> None:
    paths = [f"inner.{name}" for name in MARKUP]
    trace = trace_of("names")
    assert paths == [module.path for module in trace.modules if module.path.startswith("inner.")]
    table = table_of(survey_of("names"), "modules", Selection())
    written = render(table, format)
    if format == "csv":
        found = [row[0] for row in csv.reader(io.StringIO(written))]
    elif format == "json":
        found = [row["path"] for row in json.loads(written)["rows"]]
    elif format == "md":
        found = [f"{plain(row[0])}" for row in markdown_tables(written)[0]]
    elif format == "latex":
        found = [set_by_latex(line.partition(" & ")[0]) for line in latex_rows(written)]
    elif format not in {"table", "text"}:  # how it writes names is tested where it is
        assert len(written.splitlines()) >= len(table.rows)
        return
    else:
        found = [
            next((f"inner.{name}" for name in MARKUP if line.startswith(f"    {name}  ")), "")
            for line in written.splitlines()
        ]
    stripped = {path.strip() for path in found}
    assert {path.strip() for path in paths} <= stripped


@steady
@given(traces())
def test_whatever_can_be_loaded_can_be_written_in_every_format(trace: resnet_inspect.Trace) -> None:
    for view in VIEWS:
        table = table_of(Survey(trace), view)
        for format in FORMATS:
            assert render(table, format).endswith("\n")
        for width in (40, 100):
            assert max(cell_len(line) for line in lines_of(table, width)) <= width


@pytest.mark.parametrize("name", [*SMALL, "resnet50"])
def test_the_same_trace_gives_the_same_text(name: str) -> None:
    for format in sorted(set(FORMATS) - {"html"}):
        first = resnet_inspect.render(trace_of(name), "layers", format)
        assert first == resnet_inspect.render(trace_of(name), "layers", format)


def test_unknown_formats_and_views_are_refused() -> None:
    trace = trace_of("plain")
    with pytest.raises(UnknownName, match="mardkown") as caught:
        resnet_inspect.render(trace, format="mardkown")
    assert "md" in caught.value.hint
    with pytest.raises(UnknownName, match="layer"):
        resnet_inspect.render(trace, view="layer")


def test_suffixes_name_formats_that_are_there() -> None:
    assert set(formats_by_suffix().values()) <= set(FORMATS)
    assert all(suffix.startswith(".") for suffix in formats_by_suffix())
    assert len(NAMES) >= 10


def test_an_empty_table_can_be_written() -> None:
    table = table_of(survey_of("plain"), "totals")
    empty: Table = replace(table, rows=(), totals=(), remarks=())
    for format in FORMATS:
        assert render(empty, format)


def test_rows_have_a_cell_for_every_column() -> None:
    row: Row = table_of(survey_of("plain"), "totals").rows[0]
    assert len(row.cells) == len(COLUMNS)
