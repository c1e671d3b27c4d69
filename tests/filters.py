"""Tables of saved traces, and the rows of them that a filter finds."""

from __future__ import annotations

from functools import cache

from saved import survey_of

from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.filter import parse
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table


@cache
def table_of(name: str, view: str = "layers") -> Table:
    """A view of a saved trace with every step."""
    return VIEWS[view](survey_of(name), Selection(everything=True))


def found(text: str, name: str = "resnet50") -> list[str]:
    """What the rows that match call themselves."""
    table = table_of(name)
    asked = parse(text)
    places = [i for i, row in enumerate(table.rows) if asked.matches(table, row)]
    assert asked.places(table) == places
    return [table.cell(table.rows[place], "path").text for place in places]
