"""Lines become a table: the cells, the totals, and the rows that a filter asks for.

Every view of a trace ends here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from resnet_inspect.analysis.counts.amounts import Amounts, summed
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput
from resnet_inspect.views.tables.assembly import provenance, remarks
from resnet_inspect.views.tables.columns import COLUMNS, Column, check_keys
from resnet_inspect.views.tables.filter import Named, of_columns, query_of
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import Cell, Cells, Row, Table, Total
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import kind_of
from resnet_inspect.views.words.totals import written

Widen = Callable[[Table], Table]
"""Sets columns of what was measured beside a table's own, for a filter that may name them."""


def unchanged(table: Table) -> Table:
    """The table itself, where nothing was measured."""
    return table


def _cell(columns: Sequence[Column], survey: Survey, line: Line, place: int) -> Cell:
    return columns[place].cell(survey, line)


def table(
    survey: Survey,
    view: str,
    lines: Sequence[Line],
    columns: Sequence[str],
    worth: Mapping[str, int] | None = None,
) -> Table:
    """The table of these lines; `columns` are the keys of those that are shown.

    `worth` says which columns matter more, or less, in this view than in others.
    """
    check_keys(tuple(columns))
    every = tuple(COLUMNS.values())
    rows = tuple(
        Row(
            line.kind,
            line.level,
            line.subtotal,
            Cells(len(every), partial(_cell, every, survey, line)),
            "" if line.op is None or line.block or line.stage else kind_of(line.op),
            line.spans,
            raised=line.has_raised(survey.trace),
        )
        for line in lines
    )
    return Table(
        model=survey.trace.model_name,
        view=view,
        title=text.visible(provenance.title(survey.trace)),
        columns=tuple(
            replace(column.heading, worth=(worth or {}).get(column.key, column.worth))
            for column in every
        ),
        shown=tuple(columns),
        rows=rows,
        totals=totals(survey),
        remarks=tuple(text.message(remark) for remark in remarks.of(survey, lines)),
        provenance=provenance.entries(survey.trace.provenance),
    )


def asked_for(
    survey: Survey,
    view: str,
    lines: Sequence[Line],
    where: str | None,
    beside: Widen = unchanged,
) -> list[Line]:
    """The lines whose rows a filter asks for, in any column; all of them without one.

    Raises `BadInput` for a filter that is not understood.
    """
    if where is None:
        return list(lines)
    return [lines[at] for at in places_of(where, beside(table(survey, view, lines, ())))]


def places_of(where: str, made: Table) -> list[int]:
    """The places of the rows that a filter asks for; raises `BadInput` if it is not understood."""
    check_where(where, made.columns)
    return query_of(where, made).places(made)


def check_where(where: str | None, columns: Sequence[Named]) -> None:
    """Raise `BadInput` for a filter that is not understood where there are these columns."""
    for problem in of_columns(where or "", columns).problems:
        raise BadInput(problem, hint="--where takes what the explorer's / takes")


def rest(survey: Survey, lines: Sequence[Line], note: str) -> list[Line]:
    """The line for what the others leave out, if they leave anything out."""
    shown = summed(line.amounts * line.repeat for line in lines if not line.subtotal)
    left = survey.whole - shown
    if left == Amounts():
        return []
    return [Line("rest", 0, note=note, amounts=left)]


def totals(survey: Survey) -> tuple[Total, ...]:
    """The network's totals, as every view and format shows them."""
    return tuple(
        Total(total.key, total.label, Cell(total.value, total.text)) for total in written(survey)
    )
