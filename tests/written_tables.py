"""Tables to be written, and what reads them back: Markdown, LaTeX, lines of text."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

EVERYTHING = Selection(everything=True)
WIDTHS = (40, 60, 80, 100, 120, 200)
MARKUP = (
    "[bold]", "x[out]", "a|b", "$x$", "<b>", "**bold**", "`code`", "under_score_", "back\\slash",
    "50% & #1", "{brace}", "~^", 'comma, "quoted"', " blank ", "=1+1", "層🧱", "#2", "n" * 200,
)  # fmt: skip
"""The names that the saved trace `names` has."""


def table_of(survey: Survey, view: str, selection: Selection = EVERYTHING) -> Table:
    """A view of a network, with everything in it unless another selection is given."""
    return VIEWS[view](survey, selection)


@cache
def saved_table(name: str, view: str) -> Table:
    """A view of a saved trace with everything in it, made once."""
    return table_of(survey_of(name), view)


def shown_texts(table: Table) -> list[list[str]]:
    return [[table.cell(row, key).text for key in table.shown] for row in table.rows]


def titles(table: Table) -> list[str]:
    return [column.title for column in table.shown_columns]


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


def lines_of(table: Table, width: int | None) -> list[str]:
    return ["".join(text for text, _ in line) for line in lay_out(table, width).lines]
