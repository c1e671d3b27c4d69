"""The total of another convention beside ours, with what makes the difference."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.analysis.conventions import counted
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.table import Cell, Table, Total
from resnet_inspect.views.words import text


def with_convention(table: Table, survey: Survey, name: str) -> Table:
    """The table with the MACs as `name` counts them, and a remark that says why they differ."""
    found = counted(survey, name)
    value, parts = found.macs, found.beside
    label = "MACs of the paper" if name == "paper" else f"MACs by {name}"
    written = text.NOT_KNOWN if value is None else text.integer(value)
    total = Total(f"macs_{name}", label, Cell(value, written))
    at = next(i for i, own in enumerate(table.totals) if own.key == "macs") + 1
    if value is None:
        remark = f"{label} are not known: something of this network has no rule"
    elif not parts:
        remark = f"{label} are the same: {written}"
    else:
        reasons = ", ".join(f"{reason} {amount:+,}" for reason, amount in parts)
        remark = f"{label}: {written} = {text.integer(survey.totals.macs)} and {reasons}"
    return replace(
        table,
        totals=(*table.totals[:at], total, *table.totals[at:]),
        remarks=(*table.remarks, remark),
    )
