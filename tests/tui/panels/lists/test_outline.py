"""What is inside of what."""

from __future__ import annotations

from driving import DATA

import resnet_inspect as ri
from resnet_inspect.tui.panels.lists.outline import Outline


def test_an_outline_knows_what_is_inside_of_what() -> None:
    table = ri.tabulate(ri.load(DATA / "resnet50.json"))
    outline = Outline(table)
    for place, row in enumerate(table.rows):
        above = [i for i in range(place) if table.rows[i].level < row.level]
        inside = next(
            (i for i in range(place + 1, len(table.rows)) if table.rows[i].level <= row.level),
            len(table.rows),
        )
        assert outline.outer[place] == (above[-1] if row.level else -1)
        assert outline.after[place] == inside
