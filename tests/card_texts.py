"""What a card says, found by its heading and label."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards.card import Card, Entry
from resnet_inspect.views.cards.subjects import Subject


def every_subject(survey: Survey) -> list[Subject]:
    """Everything in a network that has a card."""
    found: list[Subject] = ["network", "stem", "head", *range(len(survey.trace.calls))]
    return [*found, *survey.anatomy.blocks, *survey.anatomy.stages]


def entries(card: Card, heading: str) -> list[Entry]:
    """The entries under a heading."""
    return [e for section in card.sections if section.heading == heading for e in section.entries]


def said(card: Card, heading: str) -> dict[str, str]:
    """What is said under a heading, by its label."""
    return {entry.label: entry.text for entry in entries(card, heading)}


def index(survey: Survey, path: str, nth: int = 1) -> int:
    """The call of a path."""
    return next(c.index for c in survey.trace.calls if (c.path, c.nth) == (path, nth))
