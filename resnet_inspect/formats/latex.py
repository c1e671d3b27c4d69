"""LaTeX: a table with booktabs rules that fits a column or a page, for a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_inspect.formats.text.cells import cells
from resnet_inspect.views.tables.table import Row, Table

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
}
"""Also what means something only beside something else: `[` and `*` after a row."""
_DASHES = (
    (re.compile(r"(?<![\w-])-(?=\d)"), "$-$"),
    (re.compile(r"-(?=-)|(?<=-)-"), "{-}"),
)
"""What is a minus and no hyphen, and what together would be a dash."""

_ROWS = 48
"""Rows of a float: with its caption it stays below the height of a page of `article`."""
_COLUMN = 60
"""Letters that a column of text has room for, of two on a page, once they are made smaller."""
_LINE = 60
"""Letters of a note in a line of a column, at the least."""

_BOX = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""What is wider than its float is made smaller, and nothing is made larger."""

_UNITS = {
    "macs": "MACs are multiply-accumulates of convolutions, linear layers and matrix products.",
    "flops": "FLOPs are two for each multiply-accumulate.",
}
"""What a caption says of columns that are counted by a convention."""

_TOTALLED = frozenset({"layers", "blocks", "stages", "modules"})
"""Views of a trace, whose totals are a view of their own: of these the caption has two."""


def render(table: Table) -> str:
    """The table as floats over a column of text or, if it is wide, over the page.

    Needs booktabs and graphicx. A long table goes on in further floats; the text refers to it by
    its label. Remarks stand below the rows, in the last float.
    """
    written = ["% needs \\usepackage{booktabs,graphicx}"]
    star = "" if _is_narrow(table) else "*"
    parts = _parts(table)
    for number, rows in enumerate(parts):
        remarks = table.remarks if number == len(parts) - 1 else ()
        written += _float(table, rows, number, star, remarks)
    if table.totals and table.view not in _TOTALLED:
        totals = [f"{escape(t.label)} & {escape(t.cell.text)} \\\\" for t in table.totals]
        body = ["\\toprule", *totals, "\\bottomrule"]
        caption = f"\\caption{{{escape(table.title)}: totals}}"
        written += ["", *_in_float([caption], "lr", body, star)]
    return "\n".join(written) + "\n"


def _is_narrow(table: Table) -> bool:
    """Whether it is to be read in one of two columns: its widest cells, and what parts them."""
    widths = (
        max(cells(column.title), *(cells(table.cell(row, column.key).text) for row in table.rows))
        for column in table.shown_columns
    )
    return bool(table.rows) and sum(width + 3 for width in widths) <= _COLUMN


def _parts(table: Table) -> Sequence[Sequence[Row]]:
    """The rows of each float, with room below the last for the remarks."""
    parts: list[Sequence[Row]]
    parts = [table.rows[i : i + _ROWS] for i in range(0, len(table.rows), _ROWS)] or [()]
    lines = sum(1 + len(remark) // _LINE for remark in table.remarks)
    if len(parts[-1]) > 1 and len(parts[-1]) + lines > _ROWS:
        half = len(parts[-1]) // 2
        parts[-1:] = [parts[-1][:half], parts[-1][half:]]
    return parts


def _float(
    table: Table, rows: Sequence[Row], number: int, star: str, remarks: Sequence[str]
) -> list[str]:
    """One float with some of the rows; the first has the caption that counts."""
    shown = table.shown_columns
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
    return _in_float(head, aligns, [*body, "\\bottomrule"], star, remarks)


def _in_float(
    head: Sequence[str], aligns: str, body: Sequence[str], star: str, remarks: Sequence[str] = ()
) -> list[str]:
    notes = [f"\\par {escape(remark)}" for remark in remarks]
    below = ["\\par\\medskip\\scriptsize\\raggedright", *notes] if notes else []
    return [
        f"\\begin{{table{star}}}[tbp]",
        "\\centering\\footnotesize",
        *head,
        "\\medskip",
        _BOX,
        f"\\begin{{tabular}}{{{aligns}}}",
        *body,
        "\\end{tabular}}",
        *below,
        f"\\end{{table{star}}}",
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
    escaped = "".join(_SPECIAL.get(letter, letter) for letter in written.replace("\n", " "))
    for dash, instead in _DASHES:
        escaped = dash.sub(instead, escaped)
    return escaped
