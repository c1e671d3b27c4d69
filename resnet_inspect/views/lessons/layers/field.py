"""What one element of a call's output sees of the network's input."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.geometry.receptive_field import Number
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    Conv,
    window_of,
)
from resnet_inspect.views.lessons import field
from resnet_inspect.views.words import text


def sentences(survey: Survey, call: Call) -> Iterator[str]:
    """The receptive field, and how it follows from that of the layer before."""
    if not call.outputs:
        return
    made = call.outputs[0].activation
    yield from field.sees(survey, made)
    window = window_of(call.op)
    after = survey.receptive_fields.get(made)
    if window is None or not call.inputs or after is None or after.whole or _is_transposed(call):
        return
    dimensions = len(window.kernel_size)
    before = survey.receptive_fields.get(call.inputs[0].activation)
    if before is None or len(before.size) != dimensions or len(before.jump) != dimensions:
        return
    if len(after.jump) != dimensions:
        return
    lines = {
        _grown(*numbers)
        for numbers in zip(
            before.size, window.kernel_size, window.dilation, before.jump, after.size, strict=True
        )
    }
    steps = {_stepped(*n) for n in zip(before.jump, window.stride, after.jump, strict=True)}
    if len(lines) == len(steps) == 1 and None not in lines | steps:
        yield (
            f"It follows from the layer before: {lines.pop()}, the field before plus the window's"
            f" further taps, each a jump apart; and the jump {steps.pop()}, that before times the"
            " stride."
        )


def _grown(size: Number, k: int, d: int, jump: Number, after: Number) -> str | None:
    if size + (k - 1) * d * jump != after:
        return None
    spread = f"·{d}" if d != 1 else ""
    return f"{text.plain(size)} + ({k} − 1){spread}·{text.plain(jump)} = {text.plain(after)}"


def _stepped(jump: Number, stride: int, after: Number) -> str | None:
    if jump * stride != after:
        return None
    return f"{text.plain(jump)}·{stride} = {text.plain(after)}"


def _is_transposed(call: Call) -> bool:
    return isinstance(call.op, Conv) and call.op.transposed
