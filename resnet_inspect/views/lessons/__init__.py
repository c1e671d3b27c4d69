"""Lessons: what a layer, block, stage or network teaches, in sentences with its own numbers.

Every sentence is composed from the trace and said only where it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import card, card_of
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject, kind_of
from resnet_inspect.views.lessons import block, ends, layers, network, stage
from resnet_inspect.views.lessons.page import Lesson, Reading, Section
from resnet_inspect.views.words import text

__all__ = ["Lesson", "Reading", "Section", "as_card", "lesson"]
Teach = Callable[[Survey, Any, int, bool], tuple[Section, ...]]
"""What makes the sections of a lesson: of a subject, with the width of its drawings, in ASCII."""

SUBJECTS: dict[str, Teach] = {
    "call": layers.sections,
    "block": block.sections,
    "stage": stage.sections,
    "stem": ends.sections,
    "head": ends.sections,
    "network": network.sections,
}
"""What teaches each kind of subject, as `cards.subjects.kind_of` names it."""


def lesson(survey: Survey, subject: Subject, width: int = 72, ascii: bool = False) -> Lesson:
    """The lesson of a subject; its drawings take at most `width` columns."""
    head = card_of(survey, subject, width, ascii=ascii)
    return Lesson(
        model=text.visible(survey.trace.model_name),
        title=head.title,
        subtitle=head.subtitle,
        sections=SUBJECTS[kind_of(subject)](survey, subject, width, ascii),
    )


def as_card(found: Lesson) -> Card:
    """A lesson as the explorer's card panel shows it: each sentence an entry without a label."""
    return Card(
        found.title,
        found.subtitle,
        tuple(
            card.Section(
                section.heading,
                (
                    *(card.Entry("", sentence) for sentence in section.sentences),
                    *(card.Entry("", f"{r.title}: {r.url}") for r in section.readings),
                ),
                section.drawing,
            )
            for section in found.sections
        ),
    )
