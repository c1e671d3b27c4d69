"""Cards and lessons as plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.lessons.page import Lesson
from resnet_inspect.views.pages import Explored


def plain_cards(explored: Explored, number: Callable[[str | None], int]) -> dict[str, Any]:
    """The card of each place, and each lesson once; `number` is that of a place by its name."""

    def target(subject: Any) -> int:
        return number(None if subject is None else explored.name_of(subject))

    def card(one: Card) -> list[Any]:
        sections = [
            [s.heading, [[e.label, e.text, target(e.target)] for e in s.entries], s.drawing]
            for s in one.sections
        ]
        return [one.title, one.subtitle, sections]

    def lesson(one: Lesson) -> list[Any]:
        return [
            [s.heading, s.sentences, s.drawing, [[r.title, r.url] for r in s.readings]]
            for s in one.sections
        ]

    return {
        "cards": [card(explored.card(name)) for name in explored.places],
        "lessons": {
            number(name): lesson(explored.lesson(name))
            for name in explored.places
            if explored.like(name) == name
        },
    }
