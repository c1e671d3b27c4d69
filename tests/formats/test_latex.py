"""LaTeX: what it sets is what the table says, and nothing stands outside the float."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from saved import survey_of
from written_tables import latex_rows, set_by_latex, shown_texts, table_of

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.formats import render
from resnet_inspect.formats.latex import escape
from resnet_inspect.views.tables import VIEWS, cost
from resnet_inspect.views.tables.comparison import networks
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Table


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
