"""Plain text: the terminal's table at its natural width, without colours."""

from __future__ import annotations

from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables.table import Table


def render(table: Table) -> str:
    """The table as lines of text."""
    return lay_out(table, bars=False).text
