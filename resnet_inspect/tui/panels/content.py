"""What the panes show, made of surveys; pure, so that it can be made beside the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.panels.network_tree import network_table
from resnet_inspect.tui.panels.row_list import Outline
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.filter import Query
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference
    from resnet_inspect.analysis.timing import Timing

OF_CALLS = frozenset({"layers", "blocks", "stages"})
"""The views whose rows stand for calls, which is what is measured."""
SAMPLE = 1_000
"""Rows whose cells are measured for the widths of columns; of more, these many are taken evenly."""

_SLICE = 500
"""Rows after which a search asks whether it is still wanted."""


@dataclass(frozen=True)
class Laid:
    """One network, or two side by side, as the panes show them."""

    survey: Survey
    difference: Difference | None
    rows: Outline
    """The rows of the view."""
    network: Outline
    """The (left) network by its parts."""
    untimed: Table
    """The table of the rows, without what was measured."""
    speed: Timing | None = None
    """What was measured of the network, if it was."""


def lay_out(
    survey: Survey,
    other: Survey | None,
    view: str,
    selection: Selection,
    tell: Callable[[str], None],
    speed: Timing | None = None,
) -> Laid:
    """The rows of a view; with another survey, those of the difference.

    With a speed they have their times, and the columns of the selection may be of these too.
    """
    tell("finding stages and blocks")
    survey.stage_of_add  # noqa: B018 - named as a step of its own
    tell("counting")
    survey.totals, survey.trace.calls_at, survey.trace.children  # noqa: B018 - for the cards
    survey.trace.sharing  # noqa: B018
    tell(f"laying out {len(survey.trace.calls):,} calls")
    plain, columns = Selection(everything=selection.everything), selection.columns
    if speed is not None and other is None and view in OF_CALLS:
        selection = replace(selection, columns=())
    difference = None
    if other is None:
        table = VIEWS[view](survey, selection)
    else:
        from resnet_inspect.analysis.comparison.changes import compare
        from resnet_inspect.views.tables.comparison import networks

        difference = compare(survey, other)
        table = networks.view(difference, selection)
    same = difference is None and view == "layers" and selection == plain
    layers = table if same else VIEWS["layers"](survey, plain)
    network = network_table(layers, VIEWS["totals"](survey, Selection()).rows[0])
    laid = Laid(survey, difference, Outline(table), Outline(network), table)
    if speed is not None and other is None:
        return timed(laid, speed, columns)
    _write(table)
    return laid


def timed(laid: Laid, speed: Timing, columns: Sequence[str]) -> Laid:
    """The same with what was measured, instead of what was measured before."""
    rows = laid.rows
    if laid.untimed.view in OF_CALLS:
        from resnet_inspect.views.tables import timing

        rows = Outline(timing.beside(speed, laid.untimed, columns))
    _write(rows.table)
    return replace(laid, rows=rows, speed=speed)


def _write(table: Table) -> None:
    """Write the cells here that are only read where the widths of columns are found."""
    for row in sample(table):
        for key in table.shown:
            table.cell(row, key)


def let_go(held: list[Laid]) -> None:
    """Free what is shown no more, the last in the list, a few rows at a time.

    All of very many rows at once would keep the screen waiting, in whatever thread.
    """
    laid = held.pop()
    rows = [*laid.rows.table.rows, *laid.network.table.rows]
    del laid
    while rows:
        del rows[-_SLICE:]


def sample(table: Table) -> tuple[Row, ...]:
    """Rows taken evenly; all, if they are few."""
    return table.rows[:: max(1, len(table.rows) // SAMPLE)]


def leaves(table: Table) -> list[int]:
    """Places of the rows that nothing breaks down."""
    return [place for place, row in enumerate(table.rows) if not row.subtotal]


def ranked(table: Table, key: str, reverse: bool) -> list[int]:
    """Places of the rows that nothing breaks down, by their values in a column."""
    places = leaves(table)
    ranks = {place: _rank(table.cell(table.rows[place], key).value) for place in places}
    return sorted(places, key=ranks.__getitem__, reverse=reverse)


def _rank(value: object) -> tuple[int, float, str]:
    """An order for cells: nothing, numbers, shapes by their size, text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    if isinstance(value, tuple):
        product = 1.0
        for part in value:
            product *= part if isinstance(part, int | float) else 1.0
        return (1, product, str(value))
    return (2, 0.0, str(value))


def hottest(table: Table, key: str) -> float:
    """The largest number in a column, of the rows that nothing breaks down; 0 if there is none."""
    rows = (row for row in table.rows if not row.subtotal and row.kind != "rest")
    values = (table.cell(row, key).value for row in rows)
    return max((float(v) for v in values if isinstance(v, int | float)), default=0.0)


def matches(table: Table, query: Query, unwanted: Callable[[], bool]) -> list[int]:
    """Places of the rows that a query asks for; cut short where that is no longer wanted."""

    def search() -> Iterator[int]:
        for place, row in enumerate(table.rows):
            if place % _SLICE == 0 and unwanted():
                return
            if row.kind != "rest" and query.matches(table, row):
                yield place

    return list(search())
