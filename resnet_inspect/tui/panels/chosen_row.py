"""What the chosen row is of, and the card of that: in one network, or on both sides of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.panels.contents import Contents
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.subjects import Subject, subject_at
from resnet_inspect.views.tables.table import Row, Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference

Side = tuple[Survey, Subject] | None
"""What a row of a comparison is of in one network; None where that has nothing of it."""


def subject_of(survey: Survey, kind: str, first: int) -> Subject:
    """What a row of that kind, whose calls begin there, is of."""
    if kind == "stage":
        return next(s for s in survey.anatomy.stages if s.holds(first))
    if kind == "block":
        blocks = (stage.block_at(first) for stage in survey.anatomy.stages)
        return next(block for block in blocks if block is not None)
    ends: dict[str, Subject] = {"stem": "stem", "head": "head", "network": "network"}
    return ends[kind] if kind in ends else subject_at(survey, first)


def sides_of(difference: Difference, row: Row) -> tuple[Side, Side]:
    """What a row of a comparison is of, on the left and on the right."""

    def side(survey: Survey, first: int) -> Side:
        return None if first < 0 else (survey, subject_of(survey, row.kind, first))

    return side(difference.left, row.span[0]), side(difference.right, row.other[0])


def card(contents: Contents, subject: Subject, ascii: bool, width: int, height: int) -> Card:
    """What is known of a call, block, stage or end, with what was recorded of it."""
    made = card_of(contents.survey, subject, width, height, ascii=ascii)
    return made if contents.beside is None else contents.beside.card(subject, made, width, ascii)


def pair_card(
    difference: Difference, sides: tuple[Side, Side], ascii: bool, width: int, height: int
) -> Card:
    """The cards of both sides as one."""
    from resnet_inspect.views.cards.comparison import pair

    left, right = (
        None if side is None else card_of(*side, width, height, ascii=ascii) for side in sides
    )
    names = (difference.left.trace.model_name, difference.right.trace.model_name)
    return pair(left, right, names)


def summary_card(difference: Difference) -> Card:
    """What two networks differ in, in words."""
    from resnet_inspect.views.words.comparison.summary import summary

    lines = tuple(Entry("", line) for line in summary(difference))
    return Card("in words", "d ends the comparison", (Section("", lines),))


def cells_card(table: Table | None, row: Row) -> Card:
    """What a row says of itself that stands for no call: what is not shown, or never called."""
    if table is None:
        return Card("", "", ())
    entries = (Entry(c.title, table.cell(row, c.key).text) for c in table.shown_columns)
    path, *others = entries
    return Card(path.text, row.kind, (Section("", tuple(e for e in others if e.text)),))
