"""Two networks side by side with what flowed in a step of each, and where it differs.

The rows are those of `views.tables.comparison.networks`, with the signals of both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from resnet_inspect.analysis.comparison.signals import SignalComparison
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.tables.comparison import headings, networks
from resnet_inspect.views.tables.comparison.cells import totals_of_both
from resnet_inspect.views.tables.comparison.rows import calls_of
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.signals import SIGNALS, totals_of
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Row, Table, Total, check_columns
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.sides import of_sides
from resnet_inspect.views.words.comparison.signals import SIDES, conclusions
from resnet_inspect.views.words.comparison.summary import summary
from resnet_inspect.views.words.signals import number, remarks_of

_SIDED = {
    f"{side}_{key}": headings.of_side(side, column.heading, column.worth)
    for key, column in SIGNALS.items()
    for side in SIDES
}
"""Columns that there are once for each side."""

_RATIOS = {
    "output": Heading(
        "output_std_ratio",
        "std ×",
        "right",
        1,
        meaning="standard deviation of its output, right over left",
    ),
    "gradient": Heading(
        "gradient_rms_ratio",
        "grad rms ×",
        "right",
        0,
        meaning="root mean square of its gradient, right over left",
    ),
}
"""Columns of right over left."""

OWN = {heading.key: heading for heading in (*_SIDED.values(), *_RATIOS.values())}
HEADINGS = headings.HEADINGS | OWN
"""Every column of this view by key."""

SHOWN = (
    "path", "change", "op", "output_shape", "left_output_std", "right_output_std",
    "output_std_ratio", "left_gradient_rms", "right_gradient_rms", "gradient_rms_ratio", "note",
)  # fmt: skip


def view(
    found: SignalComparison,
    selection: Selection | None = None,
    *,
    unfold: bool = False,
    brief: bool = False,
) -> Table:
    """The rows of `networks.view`, and those from which another signal comes, with the signals.

    Raises `UnknownName` for a column that is not there.
    """
    selection = selection or Selection()
    check_columns(selection.columns, HEADINGS)
    table = networks.view(
        found.difference,
        replace(selection, columns=()),
        unfold=unfold,
        brief=brief,
        is_notable=found.is_notable,
        beside=partial(_beside, found),
    )
    return replace(
        _beside(found, table),
        shown=selection.columns or SHOWN,
        totals=(*table.totals, *_totals(found)),
        remarks=(*table.remarks, *map(text.visible, _remarks(found))),
        summary=(
            *summary(found.difference, " in layers"),
            *map(text.visible, conclusions(found)),
        ),
    )


def _beside(found: SignalComparison, table: Table) -> Table:
    return replace(
        table,
        columns=(*table.columns, *OWN.values()),
        rows=tuple(_with_signals(found, row) for row in table.rows),
    )


def _with_signals(found: SignalComparison, row: Row) -> Row:
    return replace(row, cells=(*row.cells, *_cells(found, calls_of(row, 0), calls_of(row, 1))))


def _cells(found: SignalComparison, left: Spans, right: Spans) -> Iterator[Cell]:
    for column in SIGNALS.values():
        for signal, spans in zip(found.sides, (left, right), strict=True):
            yield column.cell(signal, spans) if signal and spans else EMPTY
    for what in _RATIOS:
        both = found.between(left, right, what)
        ratio = both.ratio
        yield EMPTY if ratio is None else Cell(ratio, f"×{number(ratio)}")


def _totals(found: SignalComparison) -> Iterator[Total]:
    """What is said of either step: (left, right)."""
    for key, label, values, words in totals_of_both(
        *(totals_of(one) if one else () for one in found.sides)
    ):
        yield Total(key, label, Cell(values, words))


def _remarks(found: SignalComparison) -> Iterator[str]:
    yield from of_sides(*(list(remarks_of(one)) if one else [] for one in found.sides))
