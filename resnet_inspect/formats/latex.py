"""LaTeX: a table with booktabs rules that fits a page, for a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_inspect.views.tables.table import Heading, Row, Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "✗": r"$\otimes$",
    "÷": r"$\div$",
    "≥": r"$\geq$",
    "·": r"$\cdot$",
    "→": r"$\rightarrow$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "-": "{-}",
}
"""Also what means something only beside something else: `--`, and `[` and `*` after a row."""


_ROWS = 48
"""Rows of a float: with its caption it stays below the height of a page of `article`."""

_BOX = r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%"
"""What is wider than the page is made smaller, and nothing is made larger."""

_UNITS = {
    "macs": "MACs are multiply-accumulates of convolutions, linear layers and matrix products.",
    "flops": "FLOPs are two for each multiply-accumulate.",
}
"""What a caption says of columns that are counted by a convention."""

_TOTALLED = frozenset({"layers", "blocks", "stages", "modules", "totals"})
"""Views of a trace, whose totals are a view of their own: of these the caption has two."""


def render(table: Table) -> str:
    """The table as floats over the width of the page, in one column of text or in two.

    Needs booktabs and graphicx. A long table goes on in further floats; the text refers to it by
    its label.
    """
    shown = table.shown_columns
    written = ["% needs \\usepackage{booktabs,graphicx}"]
    parts = [table.rows[i : i + _ROWS] for i in range(0, len(table.rows), _ROWS)] or [()]
    for number, rows in enumerate(parts):
        written += _float(table, shown, rows, number)
    if table.totals and table.view not in _TOTALLED:
        totals = [f"{escape(t.label)} & {escape(t.cell.text)} \\\\" for t in table.totals]
        body = ["\\toprule", *totals, "\\bottomrule"]
        written += ["", *_in_float([f"\\caption{{{escape(table.title)}: totals}}"], "lr", body)]
    written += [f"\\par {escape(remark)}" for remark in table.remarks]
    return "\n".join(written) + "\n"


def _float(table: Table, shown: Sequence[Heading], rows: Sequence[Row], number: int) -> list[str]:
    """One float with some of the rows; the first has the caption that counts."""
    if number == 0:
        head = [f"\\caption{{{escape(_caption(table))}}}", f"\\label{{tab:{_label(table)}}}"]
    else:
        head = ["\\addtocounter{table}{-1}", f"\\caption{{{escape(table.title)} (continued)}}"]
    body = ["\\toprule", " & ".join(escape(c.title) for c in shown) + r" \\", "\\midrule"]
    for i, row in enumerate(rows):
        if i and row.kind in {"stage", "head", "rest"}:
            body.append("\\midrule")
        body.append(" & ".join(escape(table.cell(row, c.key).text) for c in shown) + r" \\")
    aligns = "".join("r" if column.align == "right" else "l" for column in shown)
    return _in_float(head, aligns, [*body, "\\bottomrule"])


def _in_float(head: Sequence[str], aligns: str, body: Sequence[str]) -> list[str]:
    return [
        "\\begin{table*}[tbp]",
        "\\centering\\footnotesize",
        *head,
        "\\medskip",
        _BOX,
        f"\\begin{{tabular}}{{{aligns}}}",
        *body,
        "\\end{tabular}}",
        "\\end{table*}",
    ]


def _caption(table: Table) -> str:
    """What the table is of, its totals, and by which convention they are counted."""
    totals = {total.key: total.cell.text for total in table.totals}
    sentences = [table.title, *table.summary]
    if table.view in _TOTALLED:
        counted = [f"{totals[key]} {key}" for key in ("parameters",) if key in totals]
        counted += [f"{totals['macs']} MACs"] if "macs" in totals else []
        sentences += [" and ".join(counted)] if counted else []
    said = " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)
    units = [words for key, words in _UNITS.items() if any(key in shown for shown in table.shown)]
    return " ".join([said, *units])


def _label(table: Table) -> str:
    """Letters, digits and hyphens, by which the text refers to the table."""
    return re.sub(r"[^a-z0-9]+", "-", f"{table.model} {table.view}".lower()).strip("-")


def escape(written: str) -> str:
    """Text that LaTeX sets as it is."""
    return "".join(_SPECIAL.get(character, character) for character in written.replace("\n", " "))
