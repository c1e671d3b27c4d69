"""One row for each residual block, with those before and after them summed up."""

from __future__ import annotations

from itertools import pairwise

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.tables.trace.layers import fold, left_out, under_sections

SHOWN = (
    "path", "op", "shortcut", "input_shape", "output_shape", "receptive_field", "jump",
    "parameters", "share", "macs",
)  # fmt: skip

WORTH = {"shortcut": 1, "op": 1, "input_shape": 7, "jump": 4, "receptive_field": 6}
"""What a block is matters most here."""

HEEDS = frozenset({"match", "where", "stage", "fold"})
"""The fields of a selection that this view has a use for."""


def view(
    survey: Survey, selection: Selection, beside: assembly.Widen = assembly.unchanged
) -> Table:
    """Stem, blocks under their stages, head; `stage`, `match` and `fold` apply."""
    selection.check_for(survey)
    every = sections(survey, between=True)
    headings = [
        line
        for line, inner in pairwise(every)
        if line.block is None and inner.spans[0][0] <= line.spans[0][1]
    ]
    items = [
        line
        for line in every
        if line not in headings
        and selection.takes_section(line.path or line.kind, _stage(survey, line))
    ]
    items = assembly.asked_for(survey, "blocks", items, selection.where, beside)
    lines = under_sections(headings, items)
    if selection.fold:
        lines = fold(survey, lines)
    every = [*lines, *left_out(survey, lines)]
    return assembly.table(survey, "blocks", every, selection.columns or SHOWN, WORTH)


def _stage(survey: Survey, line: Line) -> int | None:
    """The number of the stage that a line is in."""
    stage = survey.anatomy.stage_at(line.spans[0][0])
    return None if stage is None else stage.number
