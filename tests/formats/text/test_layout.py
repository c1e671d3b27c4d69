"""Lines of text: every cell in its column, and no line wider than asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len
from saved import survey_of
from written_tables import WIDTHS, lines_of, table_of

from resnet_inspect.formats import render
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Heading, Row, Table


def in_cells(line: str) -> list[str]:
    """A line as the cells of a terminal: a wide letter takes two, the second empty."""
    found: list[str] = []
    for letter in line:
        width = cell_len(letter)
        if width == 0 and found:
            found[-1] += letter
            continue
        found.append(letter)
        found.extend([""] * (width - 1))
    return found


def body_of(lines: Sequence[str]) -> list[str]:
    """The lines of the rows: between the two rules, without the empty ones."""
    rules = [i for i, line in enumerate(lines) if line and set(line.strip()) == {"─"}]
    assert len(rules) == 2
    return [line for line in lines[rules[0] + 1 : rules[1]] if line]


def extent(header: str, column: Heading, after: int) -> tuple[int, int]:
    start = header.index(column.title, after)
    return start, start + len(column.title)


SECTIONS = {"stem", "stage", "block", "head", "rest"}
ACROSS = ("kernel_size", "stride", "padding")


def name_of(table: Table, row: Row) -> str:
    """A row's path, without that of the nearest row that it stands under and is a part of."""
    path = table.cell(row, "path").text
    if row.kind in SECTIONS or table.view not in {"layers", "modules"}:
        return path
    levels = [(other.level, str(table.cell(other, "path").value)) for other in table.rows]
    at = next(i for i, other in enumerate(table.rows) if other is row)
    under, level = [], row.level
    for other_level, other in reversed(levels[:at]):
        if other_level < level:
            under.append(other)
            level = other_level
    for other in filter(None, under):
        for mark in ".:":
            if path.startswith(other + mark):
                return path.removeprefix(other + mark)
    return path


def every_cell_must_stand_in_its_column(table: Table, lines: Sequence[str]) -> None:
    """Left cells begin where their heading begins, right cells end where it ends."""
    worded = table.view == "layers"
    rule = next(i for i, line in enumerate(lines) if line and set(line) == {"─"})
    header, body = lines[rule - 1], body_of(lines)
    assert len(body) == len(table.rows)
    places: dict[str, tuple[int, int]] = {}
    after = 0
    for column in table.shown_columns:
        if not (worded and column.key == "note"):
            places[column.key] = extent(header, column, after)
            after = places[column.key][1]
    for row, line in zip(table.rows, body, strict=True):
        assert "…" not in line
        cells = in_cells(line)
        in_words = ("path", "op", "note", *ACROSS) if worded and row.kind in SECTIONS else ()
        for key in table.shown:
            text = table.cell(row, key).text
            if key in in_words:
                assert text in line
            elif key == "note" and worded:
                windows = any(table.cell(row, part).text for part in ACROSS)
                note = line[places["kernel_size"][0] :]
                assert note.endswith(text) if windows else note.startswith(text)
            elif text:
                aligned = next(column.align for column in table.columns if column.key == key)
                text = "  " * row.level + name_of(table, row) if key == "path" else text
                written = in_cells(text)
                start = places[key][0] if aligned == "left" else places[key][1] - len(written)
                there = cells[start : start + len(written)]
                assert "".join(there).rstrip() == "".join(written).rstrip(), (key, line)


@pytest.mark.parametrize("format", ["text", "table"])
def test_text_has_every_cell_in_its_column(table: Table, format: str) -> None:
    lines = render(table, format).splitlines()
    assert lines[0] == table.title
    every_cell_must_stand_in_its_column(table, lines)
    assert not any(line.endswith(" ") for line in lines if line not in body_of(lines))


def test_text_has_every_total_and_remark(table: Table) -> None:
    written = render(table, "text")
    end = written.rpartition("─\n")[2]
    for total in table.totals:
        assert re.search(rf"{re.escape(total.label)} +{re.escape(total.cell.text)}( |$)", end, re.M)
    assert [line for line in end.splitlines() if line.startswith("note: ")] == [
        f"note: {remark}" for remark in table.remarks
    ]


def test_text_at_its_natural_width_cuts_no_note() -> None:
    table = table_of(survey_of("oddities"), "layers", Selection())
    assert "no rule for its multiply-accumulates" in render(table, "text")


@pytest.mark.parametrize(
    "columns",
    [
        ("parameters", "kernel_size", "note", "path"),
        ("kernel_size", "parameters", "padding", "note"),
        ("path", "kernel_size", "parameters", "padding", "op", "note"),
        ("path", "parameters", "op", "kernel_size", "note"),
        ("note", "path", "stride"),
        ("stride", "note"),
        ("note",),
        ("op", "path"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["resnet18", "oddities"])
def test_no_order_of_columns_loses_a_cell(name: str, columns: tuple[str, ...]) -> None:
    table = table_of(survey_of(name), "layers", Selection(everything=True, columns=columns))
    body = body_of([f"{line} " for line in render(table, "text").splitlines()][:-1] or [""])
    body = [line for line in body if line.strip()]
    filled = [row for row in table.rows if any(table.cell(row, key).text for key in columns)]
    assert len(body) == len(filled)
    for row, line in zip(filled, body, strict=True):
        for key in columns:
            assert (name_of(table, row) if key == "path" else table.cell(row, key).text) in line


def test_the_title_is_never_cut(table: Table) -> None:
    """It says what was run, and of a file of weights what it is."""
    for width in (40, 80, None):
        lines = lines_of(table, width)
        title = " ".join(line.strip() for line in lines[: lines.index("")])
        assert title.replace(" ", "") == table.title.replace(" ", "")


TOLD = {
    "2 blocks; planes and dimensions unchanged": "2 blocks; planes ×2, dimensions ÷2",
    "planes and dimensions unchanged": "planes ×2, dimensions ÷2",
    "": "",
}
"""What the first stage of ResNet-18 says of itself, and the others with it."""


@pytest.mark.parametrize("width", range(56, 124, 4))
def test_stages_are_told_alike_and_as_fully_as_there_is_room(width: int) -> None:
    table = table_of(survey_of("resnet18"), "layers", Selection(depth=1))
    lines = lines_of(table, width)
    stages = [re.split(" {2,}", line)[0] for line in lines if line.startswith("stage ")]
    first, *others = (written.partition(" · ")[2] for written in stages)
    assert set(others) == {TOLD[first]}
    ruler = next(line for line in lines if line.startswith("─"))
    assert first or width - len(ruler) < len(" · planes and dimensions unchanged")


def test_a_row_that_raised_says_so_in_a_whole_word() -> None:
    table = table_of(survey_of("broken"), "layers", Selection())
    whole = "raised: it takes 8 channels, not 12"
    for width in WIDTHS:
        (line,) = (line for line in lines_of(table, width) if "✗" in line)
        assert "…" not in line
        assert width < 200 or line.endswith(whole)


def test_no_line_is_wider_than_asked(table: Table) -> None:
    for width in WIDTHS:
        assert max(cell_len(line) for line in lines_of(table, width)) <= width


@pytest.mark.parametrize("name", ["resnet50", "fcn_resnet50", "names", "oddities", "broken"])
def test_no_line_of_the_usual_rows_is_wider_than_asked(name: str) -> None:
    for view in VIEWS:
        table = table_of(survey_of(name), view, Selection(fold=True))
        for width in WIDTHS:
            assert max(cell_len(line) for line in lines_of(table, width)) <= width


def test_columns_go_in_order_of_worth(table: Table) -> None:
    worth = {column.key: column.worth for column in table.columns}
    across = {"note"} if table.view == "layers" else set()
    fewer: tuple[str, ...] = ()
    for width in (*reversed(WIDTHS), 20):
        dropped = lay_out(table, width).dropped
        kept = [key for key in table.shown if key not in {*dropped, *across}]
        assert "path" in kept
        if dropped:
            assert max(worth[key] for key in kept) <= min(worth[key] for key in dropped)
        assert set(fewer) <= set(dropped)
        fewer = dropped


def test_columns_are_dropped_only_where_they_do_not_fit() -> None:
    table = table_of(survey_of("resnet50"), "blocks", Selection())
    natural = len(lines_of(table, None)[3])
    assert lay_out(table, natural).dropped == ()
    assert lay_out(table, natural - 1).dropped != ()
    assert lines_of(table, natural) == lines_of(table, None)


def test_a_narrow_table_keeps_every_cell_of_the_columns_that_stay() -> None:
    table = table_of(survey_of("resnet50"), "blocks", Selection())
    for width in (60, 80, 100):
        layout = lay_out(table, width)
        kept = replace(table, shown=tuple(k for k in table.shown if k not in layout.dropped))
        every_cell_must_stand_in_its_column(kept, lines_of(table, width))


def test_a_path_that_is_too_long_keeps_its_end() -> None:
    table = table_of(survey_of("fcn_resnet50"), "modules")
    long = [
        replace(row, cells=(Cell("p", f"{'outer.' * 30}{i}.conv"), *row.cells[1:]))
        for i, row in enumerate(table.rows)
    ]
    body = body_of(lines_of(replace(table, rows=tuple(long)), 80))
    assert all(f".{i}.conv" in line and "…" in line for i, line in enumerate(body))


def test_layers_of_a_folded_block_stand_under_it_by_their_own_names() -> None:
    table = table_of(survey_of("resnet50"), "layers", Selection(fold=True))
    lines = body_of(lines_of(table, 100))
    start = next(i for i, line in enumerate(lines) if line.startswith("  layer1.1 ×2"))
    names = [line.split()[0] for line in lines[start + 1 : start + 5]]
    assert names == ["conv1", "conv2", "conv3", "add"]
