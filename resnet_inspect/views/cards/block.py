"""The card of a block: its two paths, why its shortcut is what it is, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.card import Card, Entry, Section, filled
from resnet_inspect.views.cards.entries import cell, entry
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables.rows.sections import block_line
from resnet_inspect.views.words import text


def card(survey: Survey, block: Block, width: int, height: int, ascii: bool) -> Card:
    """The card of a block; its drawing is as high as it must be."""
    line = block_line(survey, block)
    return filled(
        cell(survey, line, "path"),
        f"{block.kind} block, {block.shortcut_name} shortcut",
        Section("drawing", drawing=tuple(drawings.block(survey, block, width, ascii))),
        Section("what it is", tuple(_about(survey, block))),
        Section("tensors", tuple(entries.tensors(survey, line))),
        Section("branch", tuple(entries.steps(survey, block.branch))),
        Section("shortcut", tuple(entries.steps(survey, block.bypass))),
        Section("parameters", tuple(entries.counts(survey, line))),
        Section("work", tuple(entries.work(survey, line))),
        Section("memory", tuple(entries.held_bytes(survey, line))),
        Section("receptive field", tuple(entries.grown(survey, line))),
    )


def _about(survey: Survey, block: Block) -> Iterator[Entry]:
    for stage in survey.anatomy.stages:
        if block in stage.blocks:
            place = stage.blocks.index(block) + 1
            number = f"{text.ordinal(place)} of {text.count(len(stage.blocks), 'block')}"
            yield entry("stage", f"{entries.stage_name(stage)}, {number}", stage)
    yield entry("kind", block.kind)
    yield entry("shortcut", block.shortcut_name)
    yield entry("why", why(survey, block))
    yield entry("add", entries.name(survey, survey.trace.calls[block.add]), block.add)
    if block.call is not None:
        yield from entries.python_class(survey, survey.trace.calls[block.call])


def why(survey: Survey, block: Block) -> str:
    """Why a shortcut is an identity or a projection, from the shapes at the fork and at the add."""
    if block.sums:
        return "; ".join(dict.fromkeys(why(survey, part) for part in block.sums))
    trace = survey.trace
    before = trace.activations[block.fork].tensor.shape
    after = trace.spec(trace.calls[block.add].inputs[0]).shape
    changes = []
    if len(before) != len(after):
        changes.append(f"shape {text.shape(before)} → {text.shape(after)}")
    else:
        if before[1:2] != after[1:2]:
            changes.append(f"channels {before[1]} → {after[1]}")
        if before[2:] != after[2:]:
            changes.append(f"dimensions {text.shape(before[2:])} → {text.shape(after[2:])}")
    change = ", ".join(changes)
    if block.shortcut == "projection":
        if changes:
            return f"{change}: the shortcut changes them too, with weights"
        return "the branch keeps the shape; the projection is the network's choice"
    if block.zero_padded:
        return f"{change}: zeros stand for the new channels"
    if changes:
        return f"{change}: the shortcut follows without weights"
    return f"the branch keeps the shape {text.shape(after)}: the input can be added as it is"
