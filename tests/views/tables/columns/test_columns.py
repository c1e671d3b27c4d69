"""Columns: each has a meaning and a value somewhere, and a new one is shown everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from saved import DATA, SMALL, survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.cli import main
from resnet_inspect.formats import render
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS, Column, define
from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell


def test_every_column_has_a_meaning_and_a_title_of_its_own() -> None:
    titles = [column.title for column in COLUMNS.values()]
    assert len(set(titles)) == len(titles)
    for key, column in COLUMNS.items():
        assert column.key == key
        assert column.meaning
        assert "\n" not in column.meaning


def test_every_column_has_a_value_somewhere() -> None:
    seen = set()
    for name in SMALL:
        for view in ("layers", "modules"):
            table = VIEWS[view](survey_of(name), Selection(everything=True))
            for row in table.rows:
                values = zip(table.columns, row.cells, strict=True)
                seen.update(column.key for column, cell in values if cell.value not in (None, ()))
    assert seen == set(COLUMNS)


@pytest.fixture
def letters() -> Iterator[Column]:
    """A column that no release has."""
    column = Column("letters", "letters", "how long its path is", _letters, align="right")
    define(column)
    yield column
    del COLUMNS[column.key]


def _letters(survey: Survey, line: Line) -> int | None:
    return None if line.call is None else len(line.call.path)


def test_a_new_column_is_shown_everywhere(
    letters: Column, capsys: pytest.CaptureFixture[str]
) -> None:
    table = VIEWS["layers"](survey_of("resnet50"), Selection(columns=("path", "letters")))
    (row,) = (row for row in table.rows if table.cell(row, "path").text == "conv1")
    assert table.cell(row, "letters") == Cell(5, "5")
    rows = json.loads(render(table, "json"))["rows"]
    assert [found["letters"] for found in rows if found["path"] == "conv1"] == [5]
    asked = parse("letters=5 kind:layer").places(table)
    assert [table.cell(table.rows[place], "path").text for place in asked] == ["conv1"]
    saved = str(DATA / "resnet50.json")
    assert main(["show", saved, "--columns", "+letters"]) == 0
    assert "letters" in capsys.readouterr().out.splitlines()[2]
    assert main(["show", saved, "--columns", "help"]) == 0
    assert letters.meaning in capsys.readouterr().out


def test_a_column_is_defined_once(letters: Column) -> None:
    with pytest.raises(ValueError, match="letters is there already"):
        define(letters)
