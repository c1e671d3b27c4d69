"""How many multiply-accumulates a call takes, by what it gives and what each element takes."""

from __future__ import annotations

from math import prod

from resnet_inspect.analysis.counts import macs
from resnet_inspect.analysis.counts.arithmetic.equation import Equation, product
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention, Conv, Linear, MatMul, Pool, Recurrent
from resnet_inspect.traces.tensors import Shape


def mac_equations(trace: Trace, call: Call) -> list[Equation]:
    """How many multiply-accumulates the call takes; [] for one that has none or no rule."""
    of_all = macs.of_call(trace, call)
    if not of_all or not call.outputs or not call.inputs:
        return []
    mapped = trace.spec(call.outputs[0]).mapped
    counted = of_all // mapped
    given = trace.spec(call.inputs[0]).shape
    made = trace.spec(call.outputs[0]).shape
    op = call.op
    found: list[Equation] = []
    if isinstance(op, Conv):
        over, channels = (given, op.out_channels) if op.transposed else (made, op.in_channels)
        each = f"({channels}/{op.groups})" if op.groups > 1 else str(channels)
        if channels % op.groups == 0:
            taps = op.window.kernel_size
            value = prod(over) * (channels // op.groups) * prod(taps)
            found = [Equation("MACs", f"{product(over)} · {each} · {product(taps)}", value)]
    elif isinstance(op, Pool):
        taps = op.window.kernel_size
        working = f"{product(made)} · {product(taps)}"
        found = [Equation("MACs", working, prod(made) * prod(taps))]
    elif isinstance(op, Linear):
        working = f"{product(made)} · {op.in_features}"
        found = [Equation("MACs", working, prod(made) * op.in_features)]
    elif isinstance(op, Attention):
        found = _attention(trace, call, op, made)
    elif isinstance(op, Recurrent):
        found = _recurrent(op, made)
    elif isinstance(op, MatMul):
        found = _matmul(trace, call, op, made, counted)
    # The analysis of multiply-accumulates has the last word.
    if not found or found[-1].value != counted:
        return []
    if mapped > 1:
        found.append(
            Equation(f"MACs of all {mapped} that are mapped", f"{mapped} · {counted:,}", of_all)
        )
    return found


def _attention(trace: Trace, call: Call, op: Attention, made: Shape) -> list[Equation]:
    inputs = {port.label: trace.spec(port).shape for port in call.inputs}
    key, value = inputs.get("1", inputs.get("key")), inputs.get("2", inputs.get("value"))
    if not key or not value or not made:
        return []
    queries, width = made[:-1], op.embed_dim
    length = key[1 if op.batch_first and len(key) == 3 else 0]
    parts = (
        ("queries", queries, (width, width)),
        ("keys", key[:-1], (op.key_dim, width)),
        ("values", value[:-1], (op.value_dim, width)),
        ("scores", queries, (length + op.added_keys, width)),
        ("mixing", queries, (length + op.added_keys, width)),
        ("output", queries, (width, op.out_features or width)),
    )
    found = [
        Equation(f"MACs of {name}", f"{product(over)} · {product(per)}", prod(over) * prod(per))
        for name, over, per in parts
    ]
    working = " + ".join(f"{equation.value:,}" for equation in found)
    return [*found, Equation("MACs", working, sum(equation.value for equation in found))]


def _recurrent(op: Recurrent, made: Shape) -> list[Equation]:
    steps, found = made[:-1], []
    ways = "2·" if op.bidirectional else ""
    for layer in range(op.layers):
        taken = op.taken_by(layer)
        each = op.gates * op.hidden_size * (taken + op.state) + op.hidden_size * op.projection
        inner = f"{op.gates}·{op.hidden_size}·({taken} + {op.state})"
        if op.projection:
            inner = f"({inner} + {op.hidden_size}·{op.projection})"
        value = prod(steps) * (1 + op.bidirectional) * each
        what = "MACs" if op.layers == 1 else f"MACs of layer {layer}"
        found.append(Equation(what, f"{product(steps)} · {ways}{inner}", value))
    if op.layers > 1:
        working = " + ".join(f"{equation.value:,}" for equation in found)
        found.append(Equation("MACs", working, sum(equation.value for equation in found)))
    return found


def _matmul(trace: Trace, call: Call, op: MatMul, made: Shape, counted: int) -> list[Equation]:
    inputs = {port.label: trace.spec(port).shape for port in call.inputs}
    if op.name == "scaled_dot_product_attention":
        key = inputs.get("1", inputs.get("key"))
        if key is None or len(key) < 2 or not made:
            return []
        working = f"{product(made[:-1])} · {key[-2]}·({key[-1]} + {made[-1]})"
        return [Equation("MACs", working, prod(made[:-1]) * key[-2] * (key[-1] + made[-1]))]
    inner, left = divmod(counted, prod(made))
    return [] if left else [Equation("MACs", f"{product(made)} · {inner}", counted)]
