"""Where a call stands: which of several, and its part in a residual block."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    Activate,
    Container,
    same_values,
)
from resnet_inspect.views.lessons import page, strides
from resnet_inspect.views.lessons.block import gradient, names, shortcut
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def sentences(survey: Survey, call: Call) -> Iterator[str]:
    """Which of several calls it is, and where it is in its block."""
    trace = survey.trace
    alike = trace.calls_at[call.path]
    if len(alike) > 1:
        place = f"the {text.ordinal(call.nth)} of {text.count(len(alike), 'call')}"
        kind = "this module" if call.module is not None else "this name"
        yield f"It is {place} of {kind}{_same_weights(survey, call)}."
    block = names.around(survey, call.index)
    if block is None:
        return
    name = names.name(survey, block)
    kind, block = block.kind, block.part_at(call.index)
    if call.index == block.add:
        yield f"It is the residual add of {name}: branch plus {block.shortcut_name} shortcut."
        yield shortcut.why(survey, block)
        yield from gradient.sentences(survey, block)
    elif call.index in block.branch:
        convolutions = alternatives.convolutions(survey, block)
        where = f"It is on the branch of {name}, a {kind} block"
        if call.index in convolutions:
            number = text.ordinal(convolutions.index(call.index) + 1)
            many = text.count(len(convolutions), "convolution")
            where = f"It is the {number} of {many} on the branch of {name}, a {kind} block"
            if len(convolutions) == 1:
                where = f"It is the convolution on the branch of {name}, a {kind} block"
        yield f"{where}."
        stride = alternatives.stride(survey, block)
        if stride is not None and call.index in (stride.first, stride.wide):
            yield from strides.of_block(survey, block)
    elif call.index in block.bypass:
        yield f"It is on the shortcut of {name}."
        yield shortcut.why(survey, block)
    elif call.index > block.add and not isinstance(call.op, Container):
        yield f"It comes after the add of {name}, on the sum."
        if isinstance(call.op, Activate) and not same_values(call.op):
            yield "The shortcut passes through it too: it is no part of the branch."


def _same_weights(survey: Survey, call: Call) -> str:
    held = 0
    if call.module is not None:
        held = parameters.of_module(survey.trace, call.module).total
    return "; all have the same weights" if held else ""


def readings(survey: Survey, call: Call) -> tuple[Reading, ...]:
    """Where more is written of that part of a block."""
    block = names.around(survey, call.index)
    if block is None:
        return ()
    block = block.part_at(call.index)
    if call.index == block.add:
        return (page.SHORTCUTS, page.IDENTITY)
    stride = alternatives.stride(survey, block)
    if stride is not None and call.index in (stride.first, stride.wide):
        return (page.BOTTLENECK, page.STRIDE)
    return (page.SHORTCUT_OPTIONS,) if call.index in block.bypass else ()
