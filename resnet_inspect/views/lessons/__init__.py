"""Lessons: what a layer, block, stage or network teaches, in sentences with its own numbers.

Every sentence is composed from the trace and said only where it holds.
"""

from __future__ import annotations

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import card, card_of
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject
from resnet_inspect.views.lessons import blocks, layers, parts
from resnet_inspect.views.lessons.page import Lesson, Reading, Section
from resnet_inspect.views.tables.rows.sections import sections as lines_of
from resnet_inspect.views.words import text

__all__ = ["Lesson", "Reading", "Section", "as_card", "lesson"]


def lesson(survey: Survey, subject: Subject, width: int = 72, ascii: bool = False) -> Lesson:
    """The lesson of a subject; its drawings take at most `width` columns."""
    head = card_of(survey, subject, width, ascii=ascii)
    return Lesson(
        model=text.visible(survey.trace.model_name),
        title=head.title,
        subtitle=head.subtitle,
        sections=_sections(survey, subject, width, ascii),
    )


def _sections(survey: Survey, subject: Subject, width: int, ascii: bool) -> tuple[Section, ...]:
    if isinstance(subject, int):
        return layers.sections(survey, survey.trace.calls[subject], width, ascii)
    if isinstance(subject, Block):
        return blocks.sections(survey, subject, width, ascii)
    if isinstance(subject, Stage):
        return parts.of_a_stage(survey, subject, width, ascii)
    if subject == "network":
        return parts.of_network(survey, width, ascii)
    ends = (line for line in lines_of(survey, blocks=False) if line.kind == subject)
    return next((parts.of_end(survey, line, width, ascii) for line in ends), ())


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
