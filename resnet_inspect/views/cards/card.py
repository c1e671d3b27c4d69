"""What a card is made of: sections of entries, each of which may lead to another place."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.views.cards.subjects import Subject
from resnet_inspect.views.words import text


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a card."""

    label: str
    text: str
    target: Subject | None = None
    """What it leads to, if it can be followed."""


@dataclass(frozen=True, slots=True)
class Section:
    """Some entries under a heading, or a drawing."""

    heading: str
    entries: tuple[Entry, ...] = ()
    drawing: tuple[str, ...] = ()
    """Lines to be shown as they are, in a fixed-width font."""


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of one subject."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def filled(title: str, subtitle: str, *sections: Section) -> Card:
    """A card of those of the sections that say or draw something."""
    kept = tuple(section for section in sections if section.entries or section.drawing)
    return Card(text.visible(title), text.visible(subtitle), kept)
