"""The network as one row, with the totals below it."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.rows.sections import call_line
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

SHOWN = ("path", "class_name", "input_shape", "output_shape", "parameters", "macs")


def view(survey: Survey, selection: Selection) -> Table:
    """The network itself; nothing of the selection applies but its columns."""
    line = call_line(survey, survey.trace.calls[0])
    return assembly.table(survey, "totals", [line], selection.columns or SHOWN)
