"""The card of a stage: what it changed, its blocks, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.card import Card, Entry, Section, filled
from resnet_inspect.views.cards.entries import MOST, cell, entry
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables.rows.sections import block_line, stage_line


def card(survey: Survey, stage: Stage, width: int, height: int, ascii: bool) -> Card:
    """The card of a stage."""
    line = stage_line(survey, stage)
    return filled(
        entries.stage_name(stage),
        line.note,
        Section("what changed", tuple(entries.changed(survey, line))),
        Section("tensors", tuple(entries.tensors(survey, line))),
        Section("blocks", tuple(_blocks(survey, stage))),
        Section("parameters", tuple(entries.counts(survey, line))),
        Section("work", tuple(entries.work(survey, line))),
        Section("memory", tuple(entries.held_bytes(survey, line))),
        Section("way", drawing=tuple(drawings.way(survey, width, height, stage.last, ascii))),
    )


def _blocks(survey: Survey, stage: Stage) -> Iterator[Entry]:
    for block in stage.blocks[:MOST]:
        yield entry(cell(survey, block_line(survey, block), "path"),
                     f"{block.kind}, {block.shortcut_name}", block)  # fmt: skip
    yield from entries.more(len(stage.blocks), "block")
