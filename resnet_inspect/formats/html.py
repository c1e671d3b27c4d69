"""One HTML page that needs nothing else: the table, its totals, a style and a small script.

The page asks no network for anything; its content security policy forbids it to. Without
JavaScript it is the same table, only without sorting, filtering and folding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from resnet_inspect.formats.document import as_html, asset, document, scripted
from resnet_inspect.formats.figures.page import inside
from resnet_inspect.views.tables.table import Cell, Heading, Row, Table
from resnet_inspect.views.words.text import Value

_SHARES = frozenset({"share", "macs_share"})
"""Columns whose cells have a bar beside their text."""
_STYLED = frozenset({"note"})
"""Columns that look different and have their key as a class."""


def render(table: Table) -> str:
    """The table as one self-contained page; every cell's text is in it as it is."""
    style, script = asset("page.css"), asset("page.js")
    name = f"{table.model} · {table.view}"
    body = [
        '<div class="resnet-inspect-page">',
        "<header>",
        f"<h1>{as_html(table.model)} <span>{as_html(table.view)}</span></h1>",
        f"<p>{as_html(table.title)}</p>",
        "</header>",
        "<main>",
        *_sentences(table.summary, "summary"),
        *_totals(table),
        *_sentences(table.remarks, "remarks"),
        *_figure(table),
        *_tools(),
        f'<div class="scroll" role="region" tabindex="0" aria-label="{as_html(name)}">',
        *grid(table),
        "</div>",
        "</main>",
        "<footer>",
        "<details>",
        "<summary>provenance</summary>",
        _pairs(table.provenance),
        "</details>",
        "<p>made by resnet-inspect</p>",
        "</footer>",
        "</div>",
        f'<script type="module">{script}</script>',
    ]
    return document(name, style, body, scripted(script))


def fragment(table: Table) -> str:
    """The table for a place inside another page, such as a notebook: no script, the same cells."""
    parts = [
        '<div class="resnet-inspect">',
        f"<style>{asset('fragment.css')}</style>",
        f"<p>{as_html(table.title)}</p>",
        *_sentences(table.summary, "summary"),
        *_figure(table),
        '<div class="scroll">',
        *grid(table, inline=True),
        "</div>",
        *_totals(table),
        *_sentences(table.remarks, "remarks"),
        "</div>",
    ]
    return "\n".join(parts) + "\n"


def _figure(table: Table) -> list[str]:
    return [] if table.figure is None else [inside(table.figure)]


def _totals(table: Table) -> list[str]:
    if not table.totals:
        return []
    entries = (
        f'<div data-key="{as_html(total.key)}"><dt>{as_html(total.label)}</dt>'
        f"<dd>{as_html(total.cell.text)}</dd></div>"
        for total in table.totals
    )
    return ['<dl class="totals" aria-label="totals">', *entries, "</dl>"]


def _sentences(sentences: Sequence[str], name: str) -> list[str]:
    if not sentences:
        return []
    entries = (f"<li>{as_html(sentence)}</li>" for sentence in sentences)
    return [f'<ul class="{name}" aria-label="{name}">', *entries, "</ul>"]


def _tools() -> list[str]:
    """What only works with the script, which takes `hidden` away."""
    return [
        '<div class="tools" hidden>',
        '<label>filter <input type="search" name="filter" placeholder="conv 3x3"'
        ' autocomplete="off" spellcheck="false" aria-keyshortcuts="/"> <kbd>/</kbd></label>',
        "<output></output>",
        '<span class="folds">',
        '<button type="button" name="fold">fold all</button>',
        '<button type="button" name="unfold">unfold all</button>',
        "</span>",
        "</div>",
    ]


def grid(table: Table, *, inline: bool = False) -> list[str]:
    """The table alone, with its shown columns.

    `inline` writes what must hold against any other style into the rows' names.
    """
    shown = table.shown_columns
    marked = _marked(table)
    tree = " data-tree" if any(row.level for row in table.rows) else ""
    lines = [f"<table{tree}>", "<thead>", "<tr>"]
    lines += [
        f'<th scope="col" data-key="{as_html(column.key)}"'
        f"{_classes(column, marked)}>{as_html(column.title)}</th>"
        for column in shown
    ]
    lines += ["</tr>", "</thead>", "<tbody>"]
    for row in table.rows:
        cells = (
            _cell(
                table.cell(row, column.key),
                column,
                marked,
                first=i == 0,
                level=row.level if inline else None,
            )
            for i, column in enumerate(shown)
        )
        lines.append(f"<tr{_row_attributes(row)}>{''.join(cells)}</tr>")
    return [*lines, "</tbody>", "</table>"]


def _marked(table: Table) -> str | None:
    """The column with the coloured marks: one whose text says the same as the colour."""
    if not any(row.op for row in table.rows):
        return None
    return next((key for key in ("op", "class_name") if key in table.shown), None)


def _classes(column: Heading, marked: str | None) -> str:
    classes = [
        *(["right"] if column.align == "right" else []),
        *(["mark"] if column.key == marked else []),
        *(["share"] if column.key in _SHARES else []),
        *([column.key] if column.key in _STYLED else []),
    ]
    return f' class="{" ".join(classes)}"' if classes else ""


def _row_attributes(row: Row) -> str:
    subtotal = " data-subtotal" if row.subtotal else ""
    raised = ' class="raised"' if row.raised else ""
    level = f' style="--level:{row.level}"' if row.level else ""
    return (
        f'{raised} data-kind="{as_html(row.kind)}" data-op="{as_html(row.op)}"'
        f' data-level="{row.level}"{subtotal}{level}'
    )


def _cell(
    cell: Cell, column: Heading, marked: str | None, *, first: bool, level: int | None
) -> str:
    number = _number(cell.value)
    value = "" if number is None else f' data-value="{number}"'
    style = ""
    if column.key in _SHARES and number is not None and cell.value:
        style = f' style="--part:{number}"'
    if first and level is not None:
        style = f' style="text-align: left; padding-left: {0.6 + level:.1f}em"'
    attributes = f"{_classes(column, marked)}{value}{style}"
    tag, scope = ("th", ' scope="row"') if first else ("td", "")
    return f"<{tag}{scope}{attributes}>{as_html(cell.text)}</{tag}>"


def _number(value: Value) -> int | float | None:
    """The value if a column can be sorted by it as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _pairs(pairs: tuple[tuple[str, Value], ...]) -> str:
    entries = (
        f"<div><dt>{as_html(key)}</dt><dd>{_plain(value)}</dd></div>" for key, value in pairs
    )
    return f"<dl>{''.join(entries)}</dl>"


def _plain(value: Value) -> str:
    """A value of the provenance: a text, a list, or names with values of their own."""
    if value is None or value == ():
        return "none"
    if not isinstance(value, tuple):
        return as_html(str(value))
    pairs = tuple(
        (item[0], item[1])
        for item in value
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
    )
    if len(pairs) == len(value):
        return _pairs(pairs)
    return f"<ul>{''.join(f'<li>{_plain(item)}</li>' for item in value)}</ul>"
