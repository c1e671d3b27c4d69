"""A terminal gets the letters of the plain text, and no markup from names."""

from __future__ import annotations

import io
import re

from rich.console import Console
from saved import survey_of
from written_tables import MARKUP, lines_of, table_of

from resnet_inspect.formats import terminal
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables.rows.selection import Selection


def test_a_terminal_reads_no_markup_in_names() -> None:
    out = io.StringIO()
    console = Console(file=out, width=400, color_system=None)
    table = table_of(survey_of("names"), "modules", Selection())
    assert terminal.show(table, console, None).dropped == ()
    lines = {line[4:].split("  ")[0] for line in out.getvalue().splitlines() if line[:4] == " " * 4}
    assert {name.rstrip() for name in MARKUP} <= lines


def test_colours_change_no_letter() -> None:
    table = table_of(survey_of("resnet18"), "layers")
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system="truecolor")
    layout = terminal.show(table, console, 100)
    assert layout.dropped == lay_out(table, 100).dropped
    assert "\x1b[" in out.getvalue()
    without = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert [line.rstrip() for line in without.splitlines()] == [
        line.rstrip() for line in lines_of(table, 100)
    ]
