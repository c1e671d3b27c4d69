"""The totals of other conventions beside ours, with what makes the difference."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.analysis.conventions import CONVENTIONS, counted
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, Total, listing
from resnet_inspect.views.words import text

_HEADINGS = (
    Heading("name", "counted by", "left", 0),
    Heading("macs", "MACs", "right", 0),
    Heading("beside", "beside ours", "left", 1),
    Heading("about", "what it counts", "left", 2),
)


def view(survey: Survey) -> Table:
    """A row for each convention, below ours."""

    def row(name: str, macs: int | None, beside: str, about: str) -> tuple[Cell, ...]:
        written = text.NOT_KNOWN if macs is None else text.integer(macs)
        said = (Cell(words, words) if words else EMPTY for words in (beside, about))
        return (Cell(name, name), Cell(macs, written), *said)

    ours = survey.totals.macs
    rows = [row("resnet-inspect", ours, "", "convolutions, linear layers, matrix products")]
    for name, convention in CONVENTIONS.items():
        found = counted(survey, name)
        beside = ", ".join(f"{reason} {amount:+,}" for reason, amount in found.beside)
        same = "the same" if found.macs == ours else ""
        rows.append(row(name, found.macs, beside or same, convention.about))
    title = f"{text.visible(provenance.title(survey.trace))}: multiply-accumulates as others count"
    return listing("conventions", title, _HEADINGS, rows, model=survey.trace.model_name)


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
