"""Two networks side by side with what was measured of them: which is faster, and where.

The rows are those of `views.tables.comparison.networks`, with the times of both sides. What lies
between the calls is a row of its own, so that rows that nothing breaks down sum to the total on
either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resnet_inspect.analysis.comparison.timing import Direction, TimeDifference, TimingComparison
from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.views.tables import timing
from resnet_inspect.views.tables.comparison import headings, networks
from resnet_inspect.views.tables.comparison.cells import totals_of_both
from resnet_inspect.views.tables.comparison.rows import calls_of
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Row, Table, Total, check_columns
from resnet_inspect.views.tables.timing import TIMES
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.sides import of_sides
from resnet_inspect.views.words.comparison.summary import summary
from resnet_inspect.views.words.comparison.timing import SIDES, conclusions
from resnet_inspect.views.words.text import Value
from resnet_inspect.views.words.timing import meanings, remarks_of, said_of_machine

_WORTH = {"time": 1, "backward_time": 2}

_SIDED = {
    f"{side}_{key}": headings.of_side(side, column.heading, _WORTH.get(key, column.worth))
    for key, column in TIMES.items()
    for side in SIDES
}
"""Columns that there are once for each side."""

_DIFFERENCES: dict[Direction, tuple[Heading, Heading]] = {
    "forward": (
        Heading("time_difference", "time ±", "right", 0, meaning="time, right minus left"),
        Heading("time_ratio", "time ×", "right", 1, meaning="time, right over left"),
    ),
    "backward": (
        Heading(
            "backward_difference",
            "backward ±",
            "right",
            1,
            meaning="time of its backward, right minus left",
        ),
        Heading(
            "backward_ratio",
            "backward ×",
            "right",
            2,
            meaning="time of its backward, right over left",
        ),
    ),
}
"""Columns of right minus left, and of right over left."""

_OWN = (*_SIDED.values(), *(heading for pair in _DIFFERENCES.values() for heading in pair))

HEADINGS = headings.HEADINGS | {heading.key: heading for heading in _OWN}
"""Every column of this view by key."""

_CALLED: dict[Direction, str] = {"forward": "time", "backward": "backward_time"}


def shown(found: TimingComparison) -> tuple[str, ...]:
    """The columns that are shown where none are chosen."""
    own: list[str] = []
    for direction in found.directions:
        own += [f"{side}_{_CALLED[direction]}" for side in SIDES]
        own += [heading.key for heading in _DIFFERENCES[direction]]
    counts = () if found.difference.equal else ("parameters_difference", "macs_difference")
    return ("path", "change", "op", "window", "output_shape", *counts, *own, "note")


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, HEADINGS)


def view(
    found: TimingComparison,
    selection: Selection | None = None,
    *,
    unfold: bool = False,
    brief: bool = False,
) -> Table:
    """The rows of `networks.view`, and those whose time is another, with their times."""
    selection = selection or Selection()
    check_keys(selection.columns)
    table = networks.view(
        found.difference,
        replace(selection, columns=()),
        unfold=unfold,
        brief=brief,
        is_notable=found.is_notable,
        beside=lambda made: replace(
            made,
            columns=(*made.columns, *_OWN),
            rows=tuple(_timed(found, row, calls_of(row, 0), calls_of(row, 1)) for row in made.rows),
        ),
    )
    rows = tuple(_timed(found, *row) for row in _with_between(found, table))
    return replace(
        table,
        title=f"{table.title} · {_machines(found)}",
        columns=(*table.columns, *_OWN),
        shown=selection.columns or shown(found),
        rows=rows,
        totals=(*table.totals, *_totals(found)),
        remarks=(*table.remarks, *map(text.visible, _remarks(found))),
        provenance=(*table.provenance, *_provenance(found)),
        summary=(
            *summary(found.difference, " in layers"),
            *map(text.visible, conclusions(found)),
        ),
    )


def _machines(found: TimingComparison) -> str:
    names = dict.fromkeys(speed.measured.machine.name for speed in found.sides if speed)
    return text.visible(" against ".join(names))


# Rows --------------------------------------------------------------------------------------------


def _with_between(found: TimingComparison, table: Table) -> Iterator[tuple[Row, Spans, Spans]]:
    """Every row with the calls that it stands for; then the row of the calls that none has."""
    of: list[Sequence[Spans]] = []
    between: list[Spans] = []
    for side, speed in enumerate(found.sides):
        spans: Sequence[Spans] = [calls_of(row, side) for row in table.rows]
        own, others = timing.dealt(speed, table.rows, spans) if speed else (spans, ())
        of.append(own)
        between.append(others)
    yield from zip(table.rows, *of, strict=True)
    if any(between):
        yield timing.between_row(table.columns), between[0], between[1]


def _timed(found: TimingComparison, row: Row, left: Spans, right: Spans) -> Row:
    return replace(row, cells=(*row.cells, *_cells(found, left, right)))


def _cells(found: TimingComparison, left: Spans, right: Spans) -> Iterator[Cell]:
    for column in TIMES.values():
        for speed, spans in zip(found.sides, (left, right), strict=True):
            yield column.cell(speed, spans) if speed and spans else EMPTY
    for direction in _DIFFERENCES:
        times = found.between(left, right, direction)
        yield EMPTY if times.seconds is None else Cell(times.seconds, _signed(times))
        ratio = times.ratio if left and right else None
        yield EMPTY if ratio is None else Cell(ratio, text.times(ratio))


def _signed(times: TimeDifference) -> str:
    """A difference with its sign; in brackets where runs differ by as much."""
    assert times.seconds is not None
    written = text.signed_seconds(times.seconds)
    return written if times.is_certain else f"({written})"


# Totals and remarks ------------------------------------------------------------------------------


def _totals(found: TimingComparison) -> Iterator[Total]:
    """What was measured of either network: (left, right, right - left, right / left)."""
    sides = (timing.totals_of(speed) if speed else () for speed in found.sides)
    for key, label, values, words in totals_of_both(*sides):
        left, right = (n if isinstance(n, int | float) else None for n in values)
        difference = None if left is None or right is None else right - left
        ratio = right / left if left and right and left > 0 < right else None
        if ratio is not None and left != right:
            words += f" ({text.times(ratio)})"
        yield Total(key, label, Cell((left, right, difference, ratio), words))


def _remarks(found: TimingComparison) -> Iterator[str]:
    said = [[*remarks_of(speed), said_of_machine(speed)] if speed else [] for speed in found.sides]
    yield from of_sides(*said)
    yield from meanings([speed for speed in found.sides if speed])
    if found.left and found.right:
        yield "a difference in brackets may be chance: runs differ by as much, or are too few"


def _provenance(found: TimingComparison) -> Iterator[tuple[str, Value]]:
    for side, speed in zip(SIDES, found.sides, strict=True):
        for key, value in timing.provenance(speed.measured) if speed else ():
            yield f"{side}_{key}", value


# In words ----------------------------------------------------------------------------------------
