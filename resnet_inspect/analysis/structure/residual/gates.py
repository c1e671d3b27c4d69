"""What a map is multiplied by that is smaller: gates, as of squeeze and excitation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Conv, Elementwise, Linear, Resample, Reshape


def ways(trace: Trace, step: int, expanded: Mapping[int, int]) -> set[int]:
    """The activations by which a way comes to a step: of a product, the largest it takes."""
    call = trace.calls[step]
    sizes = {
        port.activation: expanded.get(port.activation, trace.spec(port).elements)
        for port in call.inputs
    }
    if not (isinstance(call.op, Elementwise) and call.op.name in _PRODUCTS):
        return set(sizes)
    return {activation for activation, size in sizes.items() if size == max(sizes.values())}


def smaller(trace: Trace, step: int, expanded: Mapping[int, int]) -> set[int]:
    """What a step multiplies a map by that is smaller; none for a step that is no product."""
    taken = {port.activation for port in trace.calls[step].inputs}
    return taken - ways(trace, step, expanded)


def computing(trace: Trace) -> frozenset[int]:
    """The steps whose results come to an output only as what a map is multiplied by."""
    expanded = repeated(trace)
    waiting = [port.activation for port in trace.outputs]
    waiting += [
        port.activation
        for step in trace.steps
        for port in trace.calls[step].outputs
        if not trace.consumers.get(port.activation)
    ]
    on_way: set[int] = set()
    while waiting:
        step = trace.producer.get(waiting.pop())
        if step is not None and step not in on_way:
            on_way.add(step)
            waiting += ways(trace, step, expanded)
    return frozenset(trace.steps) - on_way


def carries(
    trace: Trace, fork: int, add: int, branch: Sequence[int], expanded: Mapping[int, int]
) -> bool:
    """Whether a branch brings more of its fork to the sum than a gate of another map.

    A branch of which nothing comes from the fork is for others to judge.
    """
    ends = {port.activation for port in trace.calls[add].inputs}
    reached, gated = {fork}, False
    for step in branch:
        call = trace.calls[step]
        if reached.isdisjoint(ways(trace, step, expanded)):
            gated = gated or not reached.isdisjoint(port.activation for port in call.inputs)
        else:
            reached.update(port.activation for port in call.outputs)
    return not gated or not reached.isdisjoint(ends - {fork})


def has_layers(trace: Trace, gates: Collection[int]) -> bool:
    """Whether one of the last steps that made these has weights: a layer that computes a gate."""
    waiting, seen = list(gates), set(gates)
    for _ in range(_FAR):
        step = trace.producer.get(waiting.pop(0)) if waiting else None
        if step is None:
            continue
        call = trace.calls[step]
        if isinstance(call.op, Conv | Linear):
            return True
        found = [port.activation for port in call.inputs if port.activation not in seen]
        seen.update(found)
        waiting += found
    return False


def is_for_one(trace: Trace, made: int, gated: int) -> bool:
    """Whether what is made goes nowhere but into a product with this map, step by step."""
    while len(takers := trace.consumers.get(made, ())) == 1:
        call = trace.calls[takers[0]]
        taken = {port.activation for port in call.inputs}
        if len(call.outputs) != 1 or len(taken) > 1:
            is_product = isinstance(call.op, Elementwise) and call.op.name in _PRODUCTS
            return is_product and gated in taken
        made = call.outputs[0].activation
    return False


_FAR = 12
"""How many steps before a product are looked at."""


_PRODUCTS = {"mul", "div"}
_EXPANDS = {"expand", "expand_as", "repeat", "broadcast_to", "broadcast_tensors", "tile"}


def repeated(trace: Trace) -> dict[int, int]:
    """Tensors that repeat a smaller one's elements, with how many of its own that has."""
    found: dict[int, int] = {}
    for step in trace.steps:
        call = trace.calls[step]
        if not call.inputs or not isinstance(call.op, Reshape | Activate | Resample):
            continue
        given = call.inputs[0]
        own = found.get(given.activation, trace.spec(given).elements)
        repeats = isinstance(call.op, Resample) or getattr(call.op, "name", "") in _EXPANDS
        if not repeats and given.activation not in found:
            continue
        for port in call.outputs:
            if own < trace.spec(port).elements:
                found[port.activation] = own
    return found
