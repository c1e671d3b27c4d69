"""One row for each residual block, with those before and after them summed up."""

from __future__ import annotations

from itertools import pairwise

from resnet_inspect.analysis.survey import Survey
from resnet_inspect.views import build
from resnet_inspect.views.layers import fold, left_out, under_sections
from resnet_inspect.views.sections import sections
from resnet_inspect.views.selection import Selection
from resnet_inspect.views.table import Table

SHOWN = (
    "path", "op", "shortcut", "input_shape", "output_shape", "receptive_field", "jump",
    "parameters", "macs", "share",
)  # fmt: skip


def view(survey: Survey, selection: Selection) -> Table:
    """Stem, blocks under their stages, head; `stage`, `match` and `fold` apply."""
    selection.check_for(survey)
    every = sections(survey)
    headings = [line for line, inner in pairwise(every) if inner.spans[0][0] <= line.spans[0][1]]
    numbers = {b.path: stage.number for stage in survey.anatomy.stages for b in stage.blocks}
    items = [
        line
        for line in every
        if line not in headings
        and selection.takes_section(line.path or line.kind, numbers.get(line.path or ""))
    ]
    lines = under_sections(headings, items)
    if selection.fold:
        lines = fold(survey, lines)
    return build.table(
        survey, "blocks", [*lines, *left_out(survey, lines)], selection.columns or SHOWN
    )
