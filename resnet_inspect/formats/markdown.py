"""Markdown as GitHub renders it: a table with aligned numbers, then the totals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_inspect.views.tables.table import Table

_SPECIAL = re.compile(r"([\\`*<>\[\]|~&#])|(?<!\w)_|_(?!\w)")


def render(table: Table) -> str:
    """The table as GitHub-flavoured Markdown; the rows of sections have a bold first cell."""
    parts = [f"## {escape(table.title)}", ""]
    if table.summary:
        parts += [*(f"- {escape(sentence)}" for sentence in table.summary), ""]
    parts += [*grid(table), ""]
    totals = [[escape(total.label), escape(total.cell.text)] for total in table.totals]
    if totals:
        parts += [*_grid(["total", "value"], ["left", "right"], totals), ""]
    parts += [f"- {escape(remark)}" for remark in table.remarks]
    return "\n".join(parts).rstrip() + "\n"


def grid(table: Table) -> list[str]:
    """The lines of the table alone, with its shown columns."""
    shown = table.shown_columns
    rows = []
    for row in table.rows:
        cells = [escape(table.cell(row, column.key).text) for column in shown]
        if row.kind in {"stem", "stage", "block", "head"} and cells[0]:
            cells[0] = f"**{cells[0].strip()}**"
        rows.append(cells)
    return _grid([column.title for column in shown], [column.align for column in shown], rows)


def escape(written: str) -> str:
    """Text that Markdown shows as it is."""
    plain = written.replace("\n", " ")
    return _SPECIAL.sub(lambda found: f"\\{found.group(0)}", plain)


def _grid(header: Sequence[str], aligns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table padded so that it is readable as text too."""
    widths = [
        max(3, len(title), *(len(row[i]) for row in rows)) if rows else max(3, len(title))
        for i, title in enumerate(header)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if align == "right" else cell.ljust(width)
            for cell, width, align in zip(cells, widths, aligns, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rules = [
        f"{'-' * (width - 1)}:" if align == "right" else f":{'-' * (width - 1)}"
        for width, align in zip(widths, aligns, strict=True)
    ]
    return [line(header), f"| {' | '.join(rules)} |", *(line(row) for row in rows)]
