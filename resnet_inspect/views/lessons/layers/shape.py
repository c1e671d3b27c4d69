"""How the shape of a call's output follows from that of its input."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.counts.arithmetic.output_sizes import size_equations
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Conv,
    Pool,
    Window,
)
from resnet_inspect.views.lessons.page import sentence
from resnet_inspect.views.words import text


def sentences(trace: Trace, call: Call) -> Iterator[str]:
    """The size along each dimension, worked out, and what became of the shape."""
    if not call.outputs:
        return
    equations = size_equations(trace, call)
    for equation in equations:
        note = f" ({equation.note})" if equation.note else ""
        yield f"{sentence(equation.what)[:-1]}: {equation.text}{note}."
    op = call.op
    if isinstance(op, Conv | Pool) and equations and not (isinstance(op, Conv) and op.transposed):
        yield (
            "That is: the room for the window to move in, which is the input with its padding less"
            " the window's reach, in steps of the stride, and one more for where it begins."
        )
    if call.inputs:
        yield from_to(trace, call)
    if isinstance(op, Conv) and call.inputs:
        yield f"Each of the {op.out_channels} filters makes one channel of the output."
        if _keeps_size(trace, call, op.window):
            yield (
                f"At stride 1 a padding of {text.alike(op.window.padding)} makes up for what a"
                f" window of {text.alike(op.window.kernel_size)} would take off the border: the"
                " size stays."
            )
    if isinstance(op, Pool | AdaptivePool):
        yield "A pool leaves the number of channels as it is."


def from_to(trace: Trace, call: Call) -> str:
    """What became of the shape of the first input."""
    before, after = trace.spec(call.inputs[0]).shape, trace.spec(call.outputs[0]).shape
    if before == after:
        return f"The shape stays {text.shape(after)}."
    return f"{text.shape(before)} becomes {text.shape(after)}."


def _keeps_size(trace: Trace, call: Call, window: Window) -> bool:
    dimensions = len(window.kernel_size)
    before, after = trace.spec(call.inputs[0]).shape, trace.spec(call.outputs[0]).shape
    return (
        before[-dimensions:] == after[-dimensions:]
        and set(window.stride) == set(window.dilation) == {1}
        and min(window.kernel_size) > 1
        and window.padding_after is None
    )
