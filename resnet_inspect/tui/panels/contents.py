"""What the panes show, made of surveys; pure, so that it can be made beside the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.panels.lists.outline import Outline
from resnet_inspect.tui.panels.lists.search import sample
from resnet_inspect.tui.panels.network_tree import compared, network_table
from resnet_inspect.tui.session.measured import Beside
from resnet_inspect.tui.session.perspective import OF_CALLS
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference


_SLICE = 500
"""Rows that are freed at a time."""


@dataclass(frozen=True)
class Contents:
    """One network, or two side by side, as the panes show them."""

    survey: Survey
    difference: Difference | None
    rows: Outline
    """The rows of the view."""
    network: Outline
    """The network by its parts, or both networks."""
    bare: Table
    """The table of the rows, without what was recorded."""
    beside: Beside | None = None
    """What was recorded of the network, if anything was."""
    asked: tuple[str, ...] = ()
    """The columns that were asked for; none for the view's own."""

    @property
    def batch(self) -> int | None:
        """The first size of the network's input, if that has one."""
        trace = self.survey.trace
        shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
        return shape[0] if len(shape) > 1 else None


def lay_out(
    survey: Survey,
    other: Survey | None,
    view: str,
    selection: Selection,
    tell: Callable[[str], None],
    beside: Beside | None = None,
) -> Contents:
    """The rows of a view; with another survey, those of the difference.

    They have what was recorded of them, and the columns of the selection may be of this too.
    """
    tell("finding stages and blocks")
    survey.stage_of_add  # noqa: B018 - named as a step of its own
    tell("counting")
    survey.totals, survey.trace.calls_at, survey.trace.children  # noqa: B018 - for the cards
    survey.trace.sharing  # noqa: B018
    tell(f"laying out {len(survey.trace.calls):,} calls")
    plain, columns = Selection(everything=selection.everything), selection.columns
    if beside is not None and other is None and view in OF_CALLS:
        selection = replace(selection, columns=())
    difference = None
    if other is None:
        table = VIEWS[view](survey, selection)
    else:
        from resnet_inspect.analysis.comparison.networks import compare
        from resnet_inspect.views.tables.comparison import networks

        difference = compare(survey, other)
        table = networks.view(difference, selection)
    same = difference is None and view == "layers" and selection == plain
    layers = table if same else VIEWS["layers"](survey, plain)
    whole = replace(VIEWS["totals"](survey, Selection()).rows[0], level=0, subtotal=True)
    if difference is None:
        network = network_table(layers, whole)
    else:
        whole = compared(table, whole)
        network = network_table(table, whole)
    if difference is not None or view in OF_CALLS:
        table = replace(table, rows=(whole, *table.rows))
    contents = Contents(
        survey, difference, Outline(table), Outline(network), table, asked=tuple(columns)
    )
    if beside is not None and other is None:
        return recorded(contents, beside, columns)
    _write(table)
    return contents


def recorded(contents: Contents, beside: Beside, columns: Sequence[str]) -> Contents:
    """The same with what was recorded, instead of what was recorded before."""
    rows = contents.rows
    if contents.bare.view in OF_CALLS:
        rows = Outline(beside.table(contents.bare, columns))
    _write(rows.table)
    return replace(contents, rows=rows, beside=beside)


def _write(table: Table) -> None:
    """Write the cells here that are only read where the widths of columns are found."""
    for row in sample(table):
        for key in table.shown:
            table.cell(row, key)


def let_go(held: list[Contents]) -> None:
    """Free what is shown no more, the last in the list, a few rows at a time.

    All of very many rows at once would keep the screen waiting, in whatever thread.
    """
    contents = held.pop()
    rows = [*contents.rows.table.rows, *contents.network.table.rows]
    del contents
    while rows:
        del rows[-_SLICE:]
