"""Every format says what the table says: each is parsed back and compared cell for cell."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len
from rich.console import Console
from saved import NAMES, SMALL, steady, survey_of, trace_of, traces

import resnet_inspect
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, formats_by_suffix, render, terminal
from resnet_inspect.formats.cells import bar
from resnet_inspect.formats.latex import escape
from resnet_inspect.formats.styled_text import lay_out
from resnet_inspect.views.tables import VIEWS, cost
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.comparison import networks
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Heading, Row, Table, listing

EVERYTHING = Selection(everything=True)
WIDTHS = (40, 60, 80, 100, 120, 200)
MARKUP = (
    "[bold]", "x[out]", "a|b", "$x$", "<b>", "**bold**", "`code`", "under_score_", "back\\slash",
    "50% & #1", "{brace}", "~^", 'comma, "quoted"', " blank ", "=1+1", "層🧱", "#2", "n" * 200,
)  # fmt: skip
"""The names that the saved trace `names` has."""


def table_of(survey: Survey, view: str, selection: Selection = EVERYTHING) -> Table:
    return VIEWS[view](survey, selection)


@cache
def saved_table(name: str, view: str) -> Table:
    """A view of a saved trace with everything in it, made once."""
    return table_of(survey_of(name), view)


@pytest.fixture(params=[(name, view) for name in NAMES for view in VIEWS], ids="-".join)
def table(request: pytest.FixtureRequest) -> Table:
    """Every view of every saved trace in turn."""
    return saved_table(*request.param)


def shown_texts(table: Table) -> list[list[str]]:
    return [[table.cell(row, key).text for key in table.shown] for row in table.rows]


def titles(table: Table) -> list[str]:
    return [column.title for column in table.shown_columns]


# CSV ---------------------------------------------------------------------------------------------


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


# JSON --------------------------------------------------------------------------------------------


def test_json_has_every_column_whatever_the_view_prints(table: Table) -> None:
    document = json.loads(render(table, "json"))
    assert list(document) == [
        "schema_version", "model", "view", "provenance", "summary", "columns", "rows", "totals",
        "remarks",
    ]  # fmt: skip
    assert document["schema_version"] == 1
    assert (document["model"], document["view"]) == (table.model, table.view)
    headers = {column["key"]: column["header"] for column in document["columns"]}
    own = {"parameters": "own params", "trainable": "own trainable"}
    titles = {key: column.title for key, column in COLUMNS.items()}
    assert headers == titles | (own if table.view == "modules" else {})
    assert all(set(column) == {"key", "header"} for column in document["columns"])
    assert len(document["rows"]) == len(table.rows)
    for row, found in zip(table.rows, document["rows"], strict=True):
        assert list(found) == list(COLUMNS)
        for key, value in found.items():
            assert as_tuples(value) == table.cell(row, key).value
    assert document["totals"] == {
        total.key: json.loads(json.dumps(total.cell.value)) for total in table.totals
    }
    assert document["remarks"] == list(table.remarks)


def as_tuples(value: object) -> object:
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value


def test_json_of_a_known_row_is_integers_and_lists() -> None:
    table = table_of(survey_of("resnet50"), "layers", Selection(columns=("path",)))
    document = json.loads(render(table, "json"))
    row = next(row for row in document["rows"] if row["path"] == "layer2.0.conv2")
    expected = {
        "path": "layer2.0.conv2",
        "kind": "layer",
        "op": "conv",
        "kernel_size": [3, 3],
        "stride": [2, 2],
        "padding": [1, 1],
        "dilation": [1, 1],
        "groups": 1,
        "input_shape": [1, 128, 56, 56],
        "output_shape": [1, 128, 28, 28],
        "parameters": 147_456,
        "macs": 115_605_504,
        "receptive_field": [43, 43],
        "jump": [8, 8],
        "shortcut": None,
    }
    assert {key: row[key] for key in expected} == expected
    assert all(type(row[key]) is int for key in ("parameters", "macs", "groups"))
    add = next(row for row in document["rows"] if row["path"] == "layer2.0:add")
    assert add["shortcut"] == "projection"
    head = next(row for row in document["rows"] if row["path"] == "fc")
    assert head["receptive_field"] == "all"
    assert document["totals"]["macs"] == 4_089_184_256
    assert document["provenance"]["source"] == "torchvision:resnet50"
    assert set(document["provenance"]["versions"]) == {"python", "torch", "torchvision"}
    assert isinstance(document["provenance"]["arguments"], dict)


# Markdown ----------------------------------------------------------------------------------------

PLAIN_TOKENS = {"text", "strong_open", "strong_close"}


def markdown_tables(written: str) -> list[list[list[Token]]]:
    """The cells of every table, as a Markdown reader of another make understands them."""
    tables: list[list[list[Token]]] = []
    previous = ""
    for token in MarkdownIt("commonmark").enable("table").parse(written):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and previous in {"th_open", "td_open"}:
            tables[-1][-1].append(token)
        previous = token.type
    return tables


def plain(token: Token) -> str:
    """What a reader of the rendered page sees; nothing but text and bold may be in it."""
    children = token.children or []
    assert {child.type for child in children} <= PLAIN_TOKENS, token.content
    return "".join(child.content for child in children)


def test_markdown_gives_every_cell_back(table: Table) -> None:
    written = render(table, "md")
    cells, totals = markdown_tables(written)
    assert [plain(cell) for cell in cells[0]] == titles(table)
    found = [[plain(cell) for cell in row] for row in cells[1:]]
    assert found == [[text.strip() for text in row] for row in shown_texts(table)]
    assert [[plain(cell) for cell in row] for row in totals[1:]] == [
        [total.label, total.cell.text] for total in table.totals
    ]
    for row, tokens in zip(table.rows, cells[1:], strict=True):
        is_bold = any(child.type == "strong_open" for child in tokens[0].children or [])
        assert is_bold == (row.kind in {"stem", "stage", "block", "head"})


def test_markdown_says_every_remark(table: Table) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(render(table, "md"))
    items = [plain(b) for a, b in pairwise(tokens) if a.type == "paragraph_open"]
    assert items == list(table.remarks)
    heading = next(b for a, b in pairwise(tokens) if a.type == "heading_open")
    assert plain(heading) == table.title


def test_markdown_is_aligned_as_text_too() -> None:
    written = render(table_of(survey_of("resnet18"), "layers"), "md").splitlines()
    lines = [line for line in written[2:] if line.startswith("|")]
    assert len({len(line) for line in lines[:40]}) == 1


# LaTeX -------------------------------------------------------------------------------------------

UNESCAPED = {
    r"\textbackslash{}": "\\", r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_",
    r"\{": "{", r"\}": "}", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"$\times$": "×", r"$\div$": "÷", r"$\geq$": "≥", r"$\cdot$": "·", r"$\rightarrow$": "→",
    r"$\otimes$": "✗",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textasciigrave{}": "`",
    r"\textquotesingle{}": "'", "{[}": "[", "{]}": "]", "{*}": "*", "{-}": "-",
    "$-$": "-",
}  # fmt: skip
TOKEN = re.compile("|".join(map(re.escape, sorted(UNESCAPED, key=len, reverse=True))))
ACTIVE = re.compile(r"[\\&%$#_{}~^]")


def set_by_latex(written: str) -> str:
    """The text that LaTeX sets; what it would take for a command is not allowed to be left."""
    assert not ACTIVE.search(TOKEN.sub("", written)), written
    return TOKEN.sub(lambda found: UNESCAPED[found.group()], written)


def latex_rows(written: str) -> list[str]:
    """The lines of the rows, of all floats but the one of the totals."""
    floats = re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", written, re.DOTALL)
    rows: list[str] = []
    for body in floats:
        if "\\midrule\n" in body:
            body = body.partition("\\midrule\n")[2].partition("\\bottomrule")[0]
            rows += [line for line in body.splitlines() if line != "\\midrule"]
    return rows


def test_latex_gives_every_cell_back(table: Table) -> None:
    written = render(table, "latex")
    rows = latex_rows(written)
    assert all(line.endswith(r" \\") for line in rows)
    found = [
        [set_by_latex(cell) for cell in re.split(r"(?<!\\)(?: |^)& ?", line.removesuffix(r" \\"))]
        for line in rows
    ]
    # A trailing empty cell keeps the blank that stands before its separator.
    assert [[c.strip() for c in row] for row in found] == [
        [text.strip() for text in row] for row in shown_texts(table)
    ]
    layouts = set(re.findall(r"\\begin\{tabular\}\{([lr]+)\}", written))
    own = "".join(column.align[0] for column in table.shown_columns)
    assert layouts == {own, *(["lr"] if table.view == "totals" else [])}
    assert written.count("{") == written.count("}") or table.model == "Names"
    assert written.count("\\label{") == 1


def test_a_caption_has_the_totals_and_the_convention() -> None:
    table = table_of(survey_of("resnet50"), "stages", Selection())
    (caption,) = re.findall(r"\\caption\{(.*)\}\n", render(table, "latex"))
    assert "25,557,032 parameters and 4,089,184,256 MACs" in caption
    assert "MACs are multiply-accumulates" in caption
    without = table_of(survey_of("resnet50"), "stages", Selection(columns=("path", "output_shape")))
    assert "MACs are" not in render(without, "latex")


FLOAT = re.compile(r"\\begin\{(table\*?)\}.*?\\end\{\1\}", re.DOTALL)


def test_nothing_stands_outside_the_floats_of_latex(table: Table) -> None:
    """What would, would be text of the paper, where the reader has put the table."""
    written = render(table, "latex")
    outside = FLOAT.sub("", written).split("\n")
    assert set(outside) == {"", "% needs \\usepackage{booktabs,graphicx}"}
    notes = re.findall(r"^\\par (?!\\)(.*)$", written, re.MULTILINE)
    assert [set_by_latex(note) for note in notes] == [r.replace("\n", " ") for r in table.remarks]


@pytest.mark.parametrize(
    ("columns", "float"),
    [(("path", "output_shape", "parameters", "macs"), "table"), ((), "table*")],
)
def test_a_narrow_table_takes_a_column_of_text(columns: tuple[str, ...], float: str) -> None:
    table = table_of(survey_of("resnet50"), "stages", Selection(columns=columns))
    assert [found[1] for found in FLOAT.finditer(render(table, "latex"))] == [float]


def test_latex_has_the_totals_in_the_view_of_them() -> None:
    table = table_of(survey_of("resnet18"), "totals")
    written = render(table, "latex")
    assert all(f"{escape(t.label)} & {escape(t.cell.text)}" in written for t in table.totals)
    assert "residual blocks" not in render(table_of(survey_of("resnet18"), "stages"), "latex")


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("-6,144", "$-$6,144"),
        ("begins at -21:", "begins at $-$21:"),
        ("3-4-6-3", "3-4-6-3"),
        ("multiply-accumulates", "multiply-accumulates"),
        ("a--b", "a{-}{-}b"),
        ("--5", "{-}{-}5"),
    ],
)
def test_a_minus_is_no_hyphen_and_two_hyphens_are_no_dash(written: str, set_as: str) -> None:
    assert escape(written) == set_as


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a TeX")
@pytest.mark.parametrize("columns", ["onecolumn", "twocolumn"])
def test_a_page_of_tex_holds_every_table(columns: str, tmp_path: Path) -> None:
    """Compiled as an article: no box is too wide or too high, and no character is missing."""
    surveys = [survey_of(name) for name in ("resnet18", "resnet34", "resnet50")]
    every = [table_of(surveys[2], view) for view in VIEWS]
    every += [table_of(surveys[0], "stages", Selection(columns=("path", "output_shape", "macs")))]
    every += [cost.view([Candidate.of(one) for one in surveys], available=2**34)]
    every += [cost.view([Candidate.of(surveys[0])], columns=("model", "training_bytes"))]
    every += [networks.view(compare(*surveys[1:]))]
    tables = "\n".join(render(table, "latex") for table in every)
    packages = "\\usepackage{booktabs,graphicx}"
    document = f"\\documentclass[{columns}]{{article}}{packages}\n\\begin{{document}}\n{tables}"
    (tmp_path / "paper.tex").write_text(f"{document}\\clearpage\\end{{document}}\n")
    program = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    for complaint in ("Overfull", "too large", "Missing character", "undefined"):
        assert complaint not in done.stdout


@pytest.mark.parametrize("first", ["[2cm]", "*", "---", "``x''", "a\\\\b"])
def test_latex_takes_no_name_for_part_of_a_command(first: str) -> None:
    """After the end of a row, a bracket is the space below it and a star forbids a page break."""
    table = table_of(survey_of("plain"), "layers")
    cells = (Cell(first, first), *table.rows[0].cells[1:])
    named = replace(table, rows=(table.rows[0], replace(table.rows[0], cells=cells)))
    line = latex_rows(render(named, "latex"))[1]
    assert not line.startswith(("[", "*"))
    assert "--" not in line
    assert "``" not in line
    assert set_by_latex(line.partition(" & ")[0]) == first


# Text --------------------------------------------------------------------------------------------


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


# Width -------------------------------------------------------------------------------------------


def lines_of(table: Table, width: int | None) -> list[str]:
    return ["".join(text for text, _ in line) for line in lay_out(table, width).lines]


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


def test_a_bar_shows_every_part_above_nothing() -> None:
    assert bar(None) == bar(0.0) == " " * 6
    assert bar(1.0) == bar(2.0) == "█" * 6
    assert bar(0.5) == "███   "
    assert bar(1e-9) == "▏     "
    lengths = [len(bar(part / 100).rstrip()) for part in range(101)]
    assert lengths == sorted(lengths)


# Names -------------------------------------------------------------------------------------------


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


def test_a_terminal_reads_no_markup_in_names() -> None:
    out = io.StringIO()
    console = Console(file=out, width=400, color_system=None)
    table = table_of(survey_of("names"), "modules", Selection())
    assert terminal.show(table, console, None).dropped == ()
    lines = {line[4:].split("  ")[0] for line in out.getvalue().splitlines() if line[:4] == " " * 4}
    assert {name.rstrip() for name in MARKUP} <= lines


def test_colours_change_no_letter() -> None:
    table = table_of(survey_of("resnet18"), "layers")
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system="truecolor")
    layout = terminal.show(table, console, 100)
    assert layout.dropped == lay_out(table, 100).dropped
    assert "\x1b[" in out.getvalue()
    without = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert [line.rstrip() for line in without.splitlines()] == [
        line.rstrip() for line in lines_of(table, 100)
    ]


# Anything ----------------------------------------------------------------------------------------


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
