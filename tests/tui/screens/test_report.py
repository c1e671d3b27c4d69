"""A page of a report: a table laid out for it, and what it has no room for."""

from __future__ import annotations

from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.tui.screens.report import table_lines

TABLE = ri.tabulate(trace_of("resnet18"), "blocks")


def texts(width: int) -> list[str]:
    """The lines of a page of that width."""
    return ["".join(text for text, _ in line) for line in table_lines(TABLE, width)]


def test_with_room_for_all_it_is_the_printout() -> None:
    assert "\n".join(texts(300)).rstrip() == lay_out(TABLE, 300).text.rstrip()
    assert not lay_out(TABLE, 300).dropped


def test_columns_without_room_are_named_once_by_their_titles() -> None:
    *lines, last = texts(60)
    dropped = lay_out(TABLE, 60).dropped
    titles = [TABLE.columns[TABLE.index[key]].title for key in dropped]
    assert dropped
    assert "\n".join(lines).rstrip() == lay_out(TABLE, 60).text.rstrip()
    said = last.removeprefix("no room for ").removesuffix(" (y copies them too)").split(", ")
    assert said == list(dict.fromkeys(titles))
    assert table_lines(TABLE, 60)[-1] == ((last, "note"),)
