"""The table in a terminal: coloured by kind, with a bar for each row's share. Knows rich."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text

from resnet_inspect.formats.text.layout import Layout, lay_out
from resnet_inspect.views.tables.table import Table

STYLES: dict[str, str] = {
    "title": "bold",
    "summary": "bold",
    "header": "bold",
    "rule": "bright_black",
    "stem": "bold",
    "stage": "bold bright_blue",
    "block": "bold",
    "head": "bold",
    "rest": "italic bright_black",
    "module": "bold",
    "network": "bold",
    "never called": "red",
    "conv": "cyan",
    "pool": "blue",
    "norm": "bright_black",
    "activation": "magenta",
    "add": "yellow",
    "linear": "green",
    "attention": "green",
    "recurrent": "green",
    "matmul": "green",
    "join": "yellow",
    "unknown": "red",
    "raised": "bold red",
    "label": "bright_black",
    "remark": "yellow",
    "note": "bright_black",
}
"""Colours by kind, from the terminal's own palette; the text says the same without them."""


def render(table: Table) -> str:
    """The table as text at its natural width, without colours."""
    return lay_out(table).text


def styled(layout: Layout) -> list[Text]:
    """The lines of a layout as rich text."""
    return [
        Text.assemble(*((written, STYLES.get(style, "")) for written, style in line))
        for line in layout.lines
    ]


def show(table: Table, console: Console, width: int | None, asked: Collection[str] = ()) -> Layout:
    """Print the table in at most `width` columns, none of those asked for left out."""
    layout = lay_out(table, width, asked=asked)
    # As segments and at once: rich would find out again where lines and styles begin and end.
    segments = [
        Segment(written, console.get_style(STYLES.get(style, "none")))
        for line in layout.lines
        for written, style in (*line, ("\n", "none"))
    ]
    console.print(Segments(segments), soft_wrap=True, end="")
    return layout
