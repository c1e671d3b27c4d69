"""Columns of what was measured, beside those of a view."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.measured import Beside, extended, widened
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import EMPTY, Cell

CALLS: Beside[int] = Beside(
    "calls_made", "made", 4, "calls, times a number",
    lambda times, spans: sum(last + 1 - first for first, last in spans) * times or None,
    lambda value: f"{value}!",
)  # fmt: skip


def test_they_stand_behind_those_of_the_view_and_are_read_off_each_row() -> None:
    table = VIEWS["layers"](survey_of("resnet18"), Selection(everything=True))
    wide = widened(table, [CALLS], 2)
    assert wide.columns[:-1] == table.columns
    assert (wide.columns[-1].key, wide.columns[-1].align) == ("calls_made", "right")
    for row, before in zip(wide.rows, table.rows, strict=True):
        assert list(row.cells)[:-1] == list(before.cells)
        made = 2 * sum(last + 1 - first for first, last in row.spans)
        assert wide.cell(row, "calls_made") == Cell(made, f"{made}!")


def test_what_was_not_measured_is_empty() -> None:
    table = VIEWS["stages"](survey_of("resnet18"), Selection())
    assert CALLS.cell(2, ()) == EMPTY
    row = extended(table.rows[0], [CALLS, CALLS], 3, ((4, 5),))
    assert list(row.cells)[-2:] == [Cell(6, "6!")] * 2


def test_nothing_is_read_before_it_is_asked_for() -> None:
    asked: list[Spans] = []

    def read(_: int, spans: Spans) -> int:
        asked.append(spans)
        return 1

    table = VIEWS["layers"](survey_of("resnet18"), Selection())
    wide = widened(table, [Beside("late", "late", 1, "", read, str)], 0)
    assert asked == []
    assert wide.cell(wide.rows[0], "late").value == 1
    assert asked == [wide.rows[0].spans]
