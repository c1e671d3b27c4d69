"""Second opinions as a table: our figure, theirs, who says so, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.checks import Figure, Verdict
from resnet_inspect.analysis.equivalence import Equivalence
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.table import Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.equivalence import sentences

_COLUMNS = (
    Heading("figure", "figure", "left", 0),
    Heading("ours", "ours", "right", 3),
    Heading("theirs", "theirs", "right", 2),
    Heading("by", "by", "left", 1),
    Heading("verdict", "verdict", "left", 0),
    Heading("explanation", "because", "left", 4, below=True),
)
_NAMES = {"macs": "MACs", "outputs": "output shapes"}


def view(
    survey: Survey, verdicts: Sequence[Verdict], equivalence: Equivalence | None = None
) -> Table:
    """One row for each opinion; a remark says how many agree, are explained, or are none.

    Further remarks are what was found of this network and another.
    """
    compared = [verdict for verdict in verdicts if verdict.comparable]
    agreeing = sum(verdict.agrees for verdict in compared)
    explained = sum(bool(verdict.explained) for verdict in compared)
    left = len(compared) - agreeing - explained
    counted = f"{text.count(len(compared), 'opinion')}: {agreeing} agree, {explained} explained"
    without = len(verdicts) - len(compared)
    more = f"; {text.count(without, 'row')} cannot be compared" if without else ""
    return listing(
        "verify",
        text.visible(provenance.title(survey.trace)),
        _COLUMNS,
        [_cells(verdict) for verdict in verdicts],
        model=survey.trace.model_name,
        kind="opinion",
        remarks=(
            f"{counted}, {left} unexplained{more}",
            *(sentences(equivalence) if equivalence is not None else ()),
        ),
        provenance=provenance.entries(survey.trace.provenance),
    )


def _cells(verdict: Verdict) -> tuple[Cell, ...]:
    opinion = verdict.opinion
    return (
        Cell(opinion.figure, _NAMES.get(opinion.figure, opinion.figure)),
        Cell(verdict.ours, f"{'≥ ' if verdict.uncounted else ''}{_written(verdict.ours)}"),
        Cell(
            opinion.value,
            text.NOT_KNOWN
            if opinion.value is None
            else _written(opinion.value, opinion.rounded_to),
        ),
        Cell(opinion.by, text.visible(opinion.by)),
        Cell(_word(verdict), _word(verdict)),
        Cell(_because(verdict), text.visible(_because(verdict))),
    )


def _word(verdict: Verdict) -> str:
    if verdict.opinion.value is None:
        return "no opinion"
    if not verdict.comparable:
        return "ours partial"
    if verdict.agrees:
        return "agrees"
    return "explained" if verdict.explained else "unexplained"


def _because(verdict: Verdict) -> str:
    if verdict.opinion.value is None:
        return verdict.opinion.reason
    if not verdict.comparable:
        names = (f"{name} ({text.count(times, 'call')})" for name, times in verdict.uncounted)
        return f"ours has no rule for {text.some(names)}"
    if verdict.agrees:
        return "up to its rounding" if verdict.opinion.value != verdict.ours else ""
    parts = ", ".join(f"{reason} {amount:+,}" for reason, amount in verdict.explained)
    difference = f"differs by {verdict.difference:+,}" if isinstance(verdict.ours, int) else ""
    return f"it counts {parts}" if parts else difference


def _written(figure: Figure, rounded_to: int = 1) -> str:
    if isinstance(figure, int):
        return text.quantity(figure) if rounded_to > 1 else text.integer(figure)
    return " + ".join(text.shape(shape) for shape in figure)
