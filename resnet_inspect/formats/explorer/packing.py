"""The data of a page, packed: its networks with their tables, figures and places, and its cards.

Unpacked, a table is the document that the format `json` writes, value for value.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

from resnet_inspect.escaping import json_text
from resnet_inspect.formats.explorer.cards import plain_cards
from resnet_inspect.formats.explorer.figures import plain_figure, plain_picture
from resnet_inspect.formats.explorer.tables import plain_table
from resnet_inspect.views.cards.subjects import kind_of
from resnet_inspect.views.pages import Explored, Page
from resnet_inspect.views.tables.table import Row

_NOWHERE = -1
"""The number of no place."""


def packed(page: Page) -> str:
    """Tables, figures and places of all its networks, deflated, in base64."""
    return _deflated(document(page))


def packed_cards(page: Page) -> str:
    """Cards and lessons of all its networks, likewise."""
    return _deflated([plain_cards(one, _numbers(one)) for one in page.networks])


def document(page: Page) -> dict[str, Any]:
    """What the page shows, but for cards, as plain data."""
    opened = page.opened
    compared = page.comparison
    return {
        "networks": [_network(one) for one in page.networks],
        "comparison": None
        if compared is None
        else plain_table(compared, compared.rows, page.beside, page.is_news),
        "numbers": list(_numeric(page)),
        "opened": {
            "view": opened.view,
            "everything": opened.everything,
            "columns": opened.columns,
            "where": opened.where,
        },
    }


def _deflated(value: Any) -> str:
    text = json_text(value, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def _numbers(explored: Explored) -> Callable[[str | None], int]:
    """What gives the number of a place by its name."""
    known = {name: place for place, name in enumerate(explored.places)}
    return lambda name: known.get(name or "", _NOWHERE)


def _network(explored: Explored) -> dict[str, Any]:
    number = _numbers(explored)

    def places(row: Row) -> tuple[int, int]:
        return number(explored.place_of(row)), _NOWHERE

    return {
        "model": explored.model,
        "places": [
            {
                "name": name,
                "kind": kind_of(subject),
                "spans": explored.spans(name),
                "like": number(explored.like(name)),
            }
            for name, subject in explored.places.items()
        ],
        "tables": {
            name: plain_table(table, table.rows, places, explored.is_main)
            for name, table in explored.tables.items()
            if table.rows
        },
        "figure": plain_figure(explored, number),
        "plot": explored.plot and plain_picture(explored.plot),
    }


def _numeric(page: Page) -> Iterator[str]:
    """The columns of the layers that have a number above nothing, which can be shown as heat."""
    for explored in page.networks[:1]:
        table = explored.tables["layers"]
        for place, heading in enumerate(table.columns):
            values = (row.cells[place].value for row in table.rows)
            numbers = (v for v in values if isinstance(v, int | float) and not isinstance(v, bool))
            if heading.align == "right" and any(number > 0 for number in numbers):
                yield heading.key
