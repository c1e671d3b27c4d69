"""The card of a call, block, stage or network with what that took."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.analysis.timing import Timing
from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.subjects import Subject, spans_of
from resnet_inspect.views.tables.timing import TIMES, shown


def on_card(speed: Timing, subject: Subject, card: Card) -> Card:
    """The card of a subject with what that took, as far as its time was told apart."""
    spans = spans_of(speed.survey, subject)
    if speed.forward(spans) is None:
        return card
    own = (TIMES[key] for key in shown([speed]) if key in TIMES)
    cells = ((column.title, column.cell(speed, spans)) for column in own)
    entries = tuple(Entry(title, cell.text) for title, cell in cells if cell.text)
    first, *others = card.sections
    return replace(card, sections=(first, Section("measured", entries), *others))
