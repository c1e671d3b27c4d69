"""One row for each stage: what a decoder or detector takes, and what the stage did."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.tables.trace.layers import left_out, under_sections

SHOWN = (
    "path", "op", "input_shape", "output_shape", "jump", "receptive_field",
    "parameters", "share", "macs", "note",
)  # fmt: skip

WORTH = {"note": 1, "input_shape": 2, "jump": 3, "op": 7}
"""What a stage did is what this view is for."""

HEEDS = frozenset({"match", "where", "stage"})
"""The fields of a selection that this view has a use for."""


def view(
    survey: Survey, selection: Selection, beside: assembly.Widen = assembly.unchanged
) -> Table:
    """Stem, stages and head; `stage` and `match` apply."""
    selection.check_for(survey)
    items = [
        line
        for line in sections(survey, blocks=False)
        if selection.takes_section(
            line.path or line.kind, line.stage.number if line.stage else None
        )
    ]
    items = assembly.asked_for(survey, "stages", items, selection.where, beside)
    lines = under_sections([], items)
    every = [*lines, *left_out(survey, lines)]
    return assembly.table(survey, "stages", every, selection.columns or SHOWN, WORTH)
