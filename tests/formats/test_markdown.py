"""Markdown as a reader of another make understands it."""

from __future__ import annotations

from itertools import pairwise

from markdown_it import MarkdownIt
from saved import survey_of
from written_tables import markdown_tables, plain, shown_texts, table_of, titles

from resnet_inspect.formats import render
from resnet_inspect.views.tables.table import Table


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
