"""Multiply-accumulates: one rule per op.

The convention is that of torchvision's published figures and of `FlopCounterMode` (whose FLOPs
are twice as many): convolutions, linear layers and matrix products count; biases, norms,
nonlinearities, additions and pools do not. What no rule covers is None, and is reported by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention, Conv, Linear, MatMul, Op, Unknown
from resnet_inspect.traces.tensors import Shape

Rule = Callable[[Any, dict[str, Shape], Shape], int | None]


def _conv(op: Conv, inputs: dict[str, Shape], output: Shape) -> int:
    taps = prod(op.window.kernel_size)
    if op.transposed:
        given = next(iter(inputs.values()))
        return prod(given) * (op.out_channels // op.groups) * taps
    return prod(output) * (op.in_channels // op.groups) * taps


def _linear(op: Linear, inputs: dict[str, Shape], output: Shape) -> int:
    return prod(output) * op.in_features


def _attention(op: Attention, inputs: dict[str, Shape], output: Shape) -> int:
    query, key, value = list(inputs.values())[:3]
    batched = len(query) == 3
    length = (1 if op.batch_first else 0) if batched else 0
    queries, keys = prod(query[:-1]), prod(key[:-1])
    projections = (
        queries * op.embed_dim * op.embed_dim * 2
        + keys * op.key_dim * op.embed_dim
        + prod(value[:-1]) * op.value_dim * op.embed_dim
    )
    return projections + 2 * queries * key[length] * op.embed_dim


def _matmul(op: MatMul, inputs: dict[str, Shape], output: Shape) -> int | None:
    shapes = list(inputs.values())
    if op.name == "scaled_dot_product_attention":
        query, key, value = shapes[:3]
        return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    left, right = ("1", "2") if op.name in {"addmm", "baddbmm", "addbmm"} else ("0", "1")
    if left in inputs or (len(shapes) == 1 and right not in inputs):
        inner = inputs.get(left, shapes[0])[-1]
    elif right in inputs:
        inner = inputs[right][-2 if len(inputs[right]) > 1 else -1]
    else:
        return None
    batch = inputs[left][0] if op.name == "addbmm" and left in inputs else 1
    return prod(output) * inner * batch


def _not_known(op: Unknown, inputs: dict[str, Shape], output: Shape) -> None:
    return None


RULES: dict[type, Rule] = {
    Conv: _conv,
    Linear: _linear,
    Attention: _attention,
    MatMul: _matmul,
    Unknown: _not_known,
}
"""The ops that multiply and accumulate; every other op has none by the convention."""


def of_call(trace: Trace, call: Call) -> int | None:
    """Multiply-accumulates of one step itself; None if no rule covers it."""
    rule = RULES.get(type(call.op))
    if rule is None:
        return 0
    if not call.outputs:
        return 0 if trace.failure is not None else None
    inputs = {port.label: trace.spec(port).shape for port in call.inputs}
    if not inputs and not isinstance(call.op, Unknown):
        return None
    try:
        return rule(call.op, inputs, trace.spec(call.outputs[0]).shape)
    except (ValueError, IndexError, StopIteration):
        return None


def by_call(trace: Trace) -> tuple[int | None, ...]:
    """For each call its own multiply-accumulates: 0 for a container, None where no rule holds."""
    found: list[int | None] = [0] * len(trace.calls)
    for index in trace.steps:
        found[index] = of_call(trace, trace.calls[index])
    return tuple(found)


def not_counted(trace: Trace) -> dict[str, int]:
    """Names of the steps that no rule covers, and how often each ran."""
    names: Counter[str] = Counter()
    for index in trace.steps:
        call = trace.calls[index]
        if of_call(trace, call) is None:
            names[_name(call.op, call)] += 1
    return dict(names)


def _name(op: Op, call: Call) -> str:
    return op.name if isinstance(op, Unknown | MatMul) else call.path
