"""Cards: all that is known of one call, block, stage, end or of the network, in sections.

A card is plain text in order; the explorer's right-hand panel and the `explain` command arrange
it. An entry that names another place carries that place as its target: `card_of(survey, target)`
is its card, and `index_of(survey, target)` the call at which to find it. Where a table has a
column for a number, the card has the text of its cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import block, call, ends, network, stage
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject, kind_of

Make = Callable[[Survey, Any, int, int, bool], Card]
"""What makes a card: of a subject, with the width and height of its drawings, and in ASCII."""

CARDS: dict[str, Make] = {
    "call": call.card,
    "block": block.card,
    "stage": stage.card,
    "stem": ends.card,
    "head": ends.card,
    "network": network.card,
}
"""What makes the card of each kind of subject, as `subjects.kind_of` names it."""


def card_of(
    survey: Survey, subject: Subject, width: int = 40, height: int = 14, ascii: bool = False
) -> Card:
    """The card of a subject; its drawings take at most `width` columns and `height` lines.

    Only the drawing of a block is as high as it must be.
    """
    return CARDS[kind_of(subject)](survey, subject, width, height, ascii)
