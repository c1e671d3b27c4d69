"""LaTeX: a longtable with booktabs rules, for a paper's appendix."""

from __future__ import annotations

from resnet_inspect.views.tables.table import Table

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


def render(table: Table) -> str:
    """The table as a `longtable`; needs the packages booktabs and longtable."""
    shown = table.shown_columns
    aligns = "".join("r" if column.align == "right" else "l" for column in shown)
    lines = [
        "% needs \\usepackage{booktabs,longtable}",
        *(f"\\par {escape(sentence)}" for sentence in table.summary),
        f"\\begin{{longtable}}{{{aligns}}}",
        f"\\caption{{{escape(table.title)}}}\\\\",
        "\\toprule",
        " & ".join(escape(column.title) for column in shown) + r" \\",
        "\\midrule",
        "\\endhead",
    ]
    for i, row in enumerate(table.rows):
        if i and row.kind in {"stage", "head", "rest"}:
            lines.append("\\midrule")
        cells = [escape(table.cell(row, column.key).text) for column in shown]
        lines.append(" & ".join(cells) + r" \\")
    lines += ["\\bottomrule", "\\end{longtable}", "", "\\begin{tabular}{lr}", "\\toprule"]
    lines += [f"{escape(total.label)} & {escape(total.cell.text)} \\\\" for total in table.totals]
    lines += ["\\bottomrule", "\\end{tabular}"]
    lines += [f"\\par {escape(remark)}" for remark in table.remarks]
    return "\n".join(lines) + "\n"


def escape(written: str) -> str:
    """Text that LaTeX sets as it is."""
    return "".join(_SPECIAL.get(character, character) for character in written.replace("\n", " "))
