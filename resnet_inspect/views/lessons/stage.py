"""The lesson of a stage: what it did, its blocks, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.net_effect import Factor, map_of, of_stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import (
    Conv,
    window_of,
)
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, field, page
from resnet_inspect.views.lessons.block import names, shortcut
from resnet_inspect.views.lessons.page import Section, section, sentence
from resnet_inspect.views.tables.rows.sections import leading_to
from resnet_inspect.views.words import net_effect, text

_MOST = 4
"""How many of the calls before its blocks are named."""


def sections(survey: Survey, stage: Stage, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of a stage's lesson."""
    return page.filled(
        section(
            "what it did",
            _did(survey, stage),
            page.STAGES,
            drawing=drawings.way(survey, width, page.HEIGHT, stage.last, ascii),
        ),
        section("its blocks", _blocks(survey, stage), page.SHORTCUT_OPTIONS),
        section("its cost", _cost(survey, stage)),
        section(
            "what one element sees",
            field.growth(survey, stage.input, stage.output),
            page.RECEPTIVE_FIELD,
        ),
    )


def _did(survey: Survey, stage: Stage) -> Iterator[str]:
    tensors = survey.trace.activations
    before, after = tensors[stage.input].tensor.shape, tensors[stage.output].tensor.shape
    found = of_stage(survey, stage)
    change = f"{text.shape(before)} becomes {text.shape(after)}"
    yield sentence(f"{net_effect.effect(found)}: {change}" if found else change)
    leading = leading_to(survey, stage)
    if leading:
        paths = page.listed([call.path for call in leading[:_MOST]])
        more = f" and {len(leading) - _MOST} further calls" if len(leading) > _MOST else ""
        yield f"That includes what leads to its blocks from the stage before: {paths}{more}."
    yield from _planes(survey, stage)
    if found and found.planes == Factor(1, 2) and found.dimensions == (Factor(2, 1),):
        if len(before) == 4 and _has_dense(survey, stage):
            yield (
                "A convolution from twice as many planes to twice as many has four times the"
                " weights, at a quarter of the positions: its work stays the same."
            )
        yield from _same_work(survey, stage)


def _planes(survey: Survey, stage: Stage) -> Iterator[str]:
    """What is called planes here, where torchvision's code has another use of the word."""
    block = stage.blocks[-1]
    call = None if block.call is None else survey.trace.calls[block.call].module
    if call is None or survey.trace.module_at[call].class_name != "Bottleneck":
        return
    shape = survey.trace.spec(survey.trace.calls[block.add].outputs[0]).shape
    if block.kind == "bottleneck" and len(shape) > 2 and shape[1] % 4 == 0:
        yield (
            "Planes are the channels of its map. An argument of a bottleneck is called planes as"
            f" well in torchvision's code: a quarter of them, {shape[1] // 4} here."
        )


def _same_work(survey: Survey, stage: Stage) -> Iterator[str]:
    """Two convolutions, one in the stage before and one here, that take equally many."""
    place = survey.anatomy.stages.index(stage)
    if place == 0:
        return
    both = [_last_wide(survey, s) for s in (survey.anatomy.stages[place - 1], stage)]
    if None in both:
        return
    before, here = (survey.trace.calls[step] for step in both if step is not None)
    counted = survey.macs[here.index]
    if counted and counted == survey.macs[before.index]:
        yield (
            f"{before.path} and {here.path} both take {text.integer(counted)} multiply-accumulates."
        )


def _has_dense(survey: Survey, stage: Stage) -> bool:
    """Whether a convolution without groups is on the branch of a stage's last block."""
    ops = (survey.trace.calls[step].op for step in stage.blocks[-1].branch)
    return any(isinstance(op, Conv) and op.groups == 1 for op in ops)


def _last_wide(survey: Survey, stage: Stage) -> int | None:
    """The last wide convolution on the branch of a stage's last block."""
    for step in reversed(stage.blocks[-1].branch):
        op = survey.trace.calls[step].op
        if isinstance(op, Conv) and prod(op.window.kernel_size) > 1:
            return step
    return None


def _blocks(survey: Survey, stage: Stage) -> Iterator[str]:
    kinds = [block.kind for block in stage.blocks]
    each = f"{kinds[0]} " if len(set(kinds)) == 1 else ""
    yield f"It has {text.count(len(stage.blocks), f'{each}block')}."
    first = stage.blocks[0]
    yield (
        f"The first, {names.name(survey, first)}, has {shortcut.a_shortcut(first)}."
        f" {shortcut.why(survey, first)}"
    )
    strided = _strided(survey, first)
    if strided:
        there = page.listed([survey.trace.calls[step].path for step in strided])
        yield f"It strides, in {there}."
    rest = stage.blocks[1:]
    if not rest:
        return
    of = survey.trace.activations
    shapes = {of[a].tensor.shape for block in rest for a in (block.input, block.output)}
    identities = sum(block.shortcut == "identity" for block in rest)
    those = _of_those(identities, len(rest))
    if len(shapes) == 1:
        others = "The other one takes" if len(rest) == 1 else f"The other {len(rest)} take"
        yield f"{others} and give{'s' * (len(rest) == 1)} {text.shape(shapes.pop())}; {those}."
    else:
        yield f"Of the other {len(rest)}, {those}." if len(rest) > 1 else f"Of the other, {those}."


def _of_those(identities: int, many: int) -> str:
    if identities == many:
        return "their shortcuts are identities" if many > 1 else "its shortcut is an identity"
    projections = many - identities
    return f"{identities} with identity and {projections} with projection shortcuts"


def _strided(survey: Survey, block: Block) -> list[int]:
    """The steps by which a block makes its map smaller."""
    made = survey.trace.calls[block.add].outputs[0].activation
    maps = [map_of(survey, activation) for activation in (block.fork, made)]
    if len({one.sizes for one in maps if one is not None}) < 2:
        return []
    steps = sorted((*block.branch, *block.bypass))
    windows = ((step, window_of(survey.trace.calls[step].op)) for step in steps)
    return [step for step, window in windows if window and set(window.stride) != {1}]


def _cost(survey: Survey, stage: Stage) -> Iterator[str]:
    yield from amounts.of_spans(survey, [(run.first, run.last) for run in stage.every_run])
    if len(stage.blocks) > 1:
        first, last = (
            survey.amounts(block.first, block.last).parameters
            for block in (stage.blocks[0], stage.blocks[-1])
        )
        yield (
            f"Its first block has {text.integer(first)} parameters, its last {text.integer(last)}."
        )
