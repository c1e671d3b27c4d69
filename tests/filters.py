"""Tables of saved traces, and the rows of them that a filter finds."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from saved import survey_of

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.comparison import networks
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


@cache
def table_of_both() -> Table:
    """ResNet-34 and ResNet-50 side by side with every step."""
    found = compare(survey_of("resnet34"), survey_of("resnet50"))
    return networks.view(found, Selection(everything=True), unfold=True)


_WRITTEN: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("filter_cases.json").read_text(encoding="utf-8")
)

CASES_OF_BOTH = [case for case in _WRITTEN if case.get("both")]
"""The same for `table_of_both`."""

CASES = [case for case in _WRITTEN if not case.get("both")]
"""Lines of text with the rows of ResNet-50 that each asks for, by path or how many, and what is not
understood of it: the filter is held to them here, and that of the page in a browser."""

PIECES = [
    "conv", "layer1.0", "stride", "params", "in ch", "act bytes held", "path", "kind", "output",
    "×", "x", "3", "1.5", "1e9", "999999", "M", "KiB", "%", ":", ">", "<", "=", "!=", ">=", "≥",
    "≠", "-", "!", '"', "*", "?", "[", "]", "[!", "[z-a]", "\\", " ", "\t", "\n", ",", "_", "all",
    "yes", "(", ")", "{", "|", "^", "$", "+", "²", "٣", "İ", "ß", "\0", "\ud800",
]  # fmt: skip
"""What lines of text can be made of."""
