"""The cards of the stem and the head: what lies before the blocks and after them."""

from __future__ import annotations

from typing import Literal

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.card import Card, Section, filled
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables.rows.sections import sections


def card(
    survey: Survey, end: Literal["stem", "head"], width: int, height: int, ascii: bool
) -> Card:
    """The card of one of the ends; it says so if the network has none."""
    line = next((line for line in sections(survey, blocks=False) if line.kind == end), None)
    if line is None:
        return filled(end, "the network has none")
    first, last = line.spans[0]
    steps = survey.trace.steps_within(first, last)
    return filled(
        end,
        line.note,
        Section("what changed", tuple(entries.changed(survey, line))),
        Section("tensors", tuple(entries.tensors(survey, line))),
        Section("steps", tuple(entries.steps(survey, steps))),
        Section("parameters", tuple(entries.counts(survey, line))),
        Section("work", tuple(entries.work(survey, line))),
        Section("memory", tuple(entries.held_bytes(survey, line))),
        Section("way", drawing=tuple(drawings.way(survey, width, height, last, ascii))),
    )
