"""What a selection asks for is there, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from saved import survey_of

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Cell, Table


@pytest.mark.parametrize(
    ("name", "selection", "error", "words"),
    [
        ("resnet50", Selection(stage=5), BadInput, "stage 5"),
        ("plain", Selection(stage=1), BadInput, "stage 1"),
        ("resnet50", Selection(only=("convolution",)), UnknownName, "convolution"),
        ("resnet50", Selection(only=("gelu",)), UnknownName, "gelu"),
        ("resnet50", Selection(where="strid:2"), BadInput, "no column 'strid'.*stride"),
        ("resnet50", Selection(depth=-1), BadInput, "depth"),
        ("resnet50", Selection(columns=("strides",)), UnknownName, "strides"),
    ],
)
@pytest.mark.parametrize("view", VIEWS)
def test_what_is_not_there_is_refused(
    view: str, name: str, selection: Selection, error: type[Exception], words: str
) -> None:
    unheeded = [name for name in ("stage", "only", "where", "depth") if getattr(selection, name)]
    if view == "totals" and not selection.columns:
        assert not VIEWS[view].heeds.intersection(unheeded)
        return
    with pytest.raises(error, match=words):
        VIEWS[view](survey_of(name), selection)


@pytest.mark.parametrize("view", ["layers", "modules", "blocks", "stages"])
@pytest.mark.parametrize(
    ("where", "is_asked"),
    [
        ("params>1M", lambda cell: (cell("parameters").value or 0) > 1_000_000),
        ("stride:2 -fc", lambda cell: cell("stride").value == (2, 2)),
        ("kind:norm", lambda cell: cell("op").text == "batch norm"),
        ("-layer4 -fc", lambda cell: not {"layer4", "fc"} & set(cell("path").text.split("."))),
    ],
    ids=["params>1M", "stride:2", "kind:norm", "-layer4 -fc"],
)
def test_a_filter_leaves_what_the_explorer_would_find(
    view: str, where: str, is_asked: Callable[[Callable[[str], Cell]], bool]
) -> None:
    """The rows that are no section are those, of every step, for which a test by hand holds."""
    survey = survey_of("resnet50")
    every = VIEWS[view](survey, Selection(everything=True))
    found = VIEWS[view](survey, Selection(where=where))

    def paths(table: Table, test: Callable[[Callable[[str], Cell]], bool]) -> list[str]:
        rows = [row for row in table.rows if not row.subtotal and row.kind != "rest"]
        return [table.cell(row, "path").text for row in rows if test(partial(table.cell, row))]

    assert paths(found, lambda cell: True) == paths(every, is_asked)
    amounts = [found.cell(row, "parameters").value for row in found.rows if not row.subtotal]
    assert sum(amount for amount in amounts if isinstance(amount, int)) == 25_557_032
