"""How many parameters a call holds, and what their factors stand for."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis.counts.arithmetic.equation import Equation
from resnet_inspect.analysis.counts.arithmetic.parameters import parameter_equations
from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Conv,
    Linear,
    Norm,
)
from resnet_inspect.views.words import text


def sentences(survey: Survey, call: Call) -> Iterator[str]:
    """Each weight, worked out, and their share of the network's."""
    trace = survey.trace
    op = call.op
    equations = parameter_equations(trace, call)
    if not equations:
        yield "It has no parameters."
    for equation in equations:
        note = f" ({equation.note})" if equation.note else ""
        why = _why(op, equation)
        yield f"{_named(equation)}: {equation.text}{note}{f': {why}' if why else ''}."
    if isinstance(op, Conv) and op.groups > 1 and op.in_channels % op.groups == 0:
        alone = alternatives.weight(op.in_channels, op.out_channels, op.window.kernel_size)
        yield (
            f"With one group the weight would have {alone.text} elements: {op.groups} groups divide"
            f" weights and work by {op.groups}."
        )
    if isinstance(op, Conv) and not op.bias and _normed_next(trace, call):
        yield (
            "It has no bias: the batch normalisation behind it takes off each channel's mean, and a"
            " bias with it, and has a shift of its own."
        )
    yield from _buffers(trace, call)
    held = survey.amounts(call.index, trace.last_descendant[call.index])
    if held.parameters:
        part = text.share(held.parameters / survey.whole.parameters)
        whole = text.integer(survey.whole.parameters)
        yield f"That is {part} of the network's {whole} parameters."
        if held.trainable == 0:
            yield "They are frozen: training does not change them."
    elif equations:
        yield "They count once in the totals, at another call that computes with them."


def _named(equation: Equation) -> str:
    return "Together" if equation.what == "parameters" else equation.what


def _why(op: object, equation: Equation) -> str:
    """What the factors of a weight or bias stand for."""
    name = equation.what.rpartition(".")[2]
    match op:
        case Conv(transposed=False) if name.startswith("weight"):
            each = op.in_channels // max(op.groups, 1)
            taps = text.sizes(op.window.kernel_size)
            if equation.value != op.out_channels * each * prod(op.window.kernel_size):
                return ""
            return f"{op.out_channels} filters, {text.count(each, 'channel')} each, {taps} taps"
        case Linear() if name == "weight" and equation.value == op.in_features * op.out_features:
            return "one for each pair of an output and an input"
        case Conv(out_channels=made) | Linear(out_features=made) if (
            name == "bias" and equation.value == made
        ):
            return "one for each output"
        case Norm(num_features=features) if equation.value == features:
            return {"weight": "one scale for each", "bias": "one shift for each"}.get(name, "")
        case _:
            return ""


def _normed_next(trace: Trace, call: Call) -> bool:
    takers = [t for port in call.outputs for t in trace.consumers.get(port.activation, ())]
    ops = [trace.calls[taker].op for taker in takers]
    return len(ops) == 1 and isinstance(ops[0], Norm) and ops[0].kind == "batch"


def _buffers(trace: Trace, call: Call) -> Iterator[str]:
    if call.module is None or not isinstance(call.op, Norm):
        return
    buffers = {b.name: b for b in trace.module_at[call.module].buffers}
    if {"running_mean", "running_var"} <= set(buffers):
        kept = buffers["running_mean"].tensor.elements
        yield (
            f"It also keeps a running mean and variance, 2·{kept} = {text.integer(2 * kept)}"
            " numbers that are measured in training and not learned."
        )
