"""The arithmetic behind a call, written out with its own numbers.

Each line is an equation that a reader can check: how the output size follows from the window, how
the parameter count follows from the channels, how many multiply-accumulates that makes. An
equation is given only where it holds: its value is what the trace and the other analyses say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import gcd, prod

from resnet_inspect.analysis.counts import macs, parameters
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ParameterSpec, join
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Join,
    Linear,
    MatMul,
    Pool,
    Recurrent,
    Reshape,
    Window,
)
from resnet_inspect.traces.tensors import Shape

_DIMENSIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

_Rule = Callable[[str, Window, int, int, int], "Equation | None"]
"""Dimension, window, axis, size before and size after -> its equation, if it holds."""


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: what it is of, the left side with the numbers put in, and its value."""

    what: str
    """"height, width", "weight", "parameters", "MACs"."""
    working: str
    """⌊(224 + 2·3 − 1·(7−1) − 1) / 2⌋ + 1"""
    value: int
    note: str = ""
    """What the working leaves unsaid: that a last window is left out, that weights are tied."""

    @property
    def text(self) -> str:
        """The whole equation: "64·3·7·7 = 9,408"; only the value where there is nothing to do."""
        if self.working.replace(",", "") == str(self.value):
            return f"{self.value:,}"
        return f"{self.working} = {self.value:,}"


def of_call(trace: Trace, call: Call) -> tuple[Equation, ...]:
    """The equations of a call: output size, parameters, multiply-accumulates.

    Empty for a call that has none (an activation, a container without weights of its own).
    """
    return (
        *size_equations(trace, call),
        *parameter_equations(trace, call),
        *mac_equations(trace, call),
    )


# Output sizes.


def size_equations(trace: Trace, call: Call) -> list[Equation]:
    """How the output size follows: of a window, a join, a flattening; [] for what has no rule."""
    if not call.inputs or not call.outputs:
        return []
    given = trace.spec(call.inputs[0]).shape
    made = trace.spec(call.outputs[0]).shape
    match call.op:
        case Conv(window=window, transposed=True):
            return _each_dimension(window, given, made, _transposed)
        case Conv(window=window) | Pool(window=window):
            return _each_dimension(window, given, made, _slid)
        case AdaptivePool(output_size=wanted):
            return _adaptive(len(wanted), given, made)
        case Join(name="cat", dim=dim):
            return _joined(trace, call, dim, made)
        case Reshape():
            return _flattened(given, made)
        case _:
            return []


def _each_dimension(window: Window, given: Shape, made: Shape, rule: _Rule) -> list[Equation]:
    """One equation for each spatial dimension; those that the trace contradicts are left out."""
    dimensions = len(window.kernel_size)
    if min(len(given), len(made)) < dimensions:
        return []
    before, after = given[-dimensions:], made[-dimensions:]
    found = (
        rule(name, window, axis, before[axis], after[axis])
        for axis, name in enumerate(_names(dimensions))
    )
    return _merged(equation for equation in found if equation is not None)


def _slid(name: str, window: Window, axis: int, before: int, after: int) -> Equation | None:
    k, s, d = window.kernel_size[axis], window.stride[axis], window.dilation[axis]
    p, q = window.padding[axis], (window.padding_after or window.padding)[axis]
    padding = f"2·{p}" if p == q else f"{p} + {q}"
    low, high = "⌈⌉" if window.ceil_mode else "⌊⌋"
    working = f"{low}({before} + {padding} − {d}·({k}−1) − 1) / {s}{high} + 1"
    room = before + p + q - d * (k - 1) - 1
    value = (-(-room // s) if window.ceil_mode else room // s) + 1
    if window.ceil_mode and after == value - 1:
        note = "a last window that would start in the padding is left out"
        return Equation(name, f"{working} − 1", after, note)
    return Equation(name, working, value) if value == after else None


def _transposed(name: str, window: Window, axis: int, before: int, after: int) -> Equation | None:
    k, s, d = window.kernel_size[axis], window.stride[axis], window.dilation[axis]
    p = window.padding[axis]
    least = (before - 1) * s - 2 * p + d * (k - 1) + 1
    # The padding of the output can also be asked for in the call: it is what is left over.
    if not 0 <= after - least < max(s, d):
        return None
    working = f"({before} − 1)·{s} − 2·{p} + {d}·({k}−1) + {after - least} + 1"
    return Equation(name, working, after)


def _adaptive(dimensions: int, given: Shape, made: Shape) -> list[Equation]:
    """How large the windows are that an adaptive pool chooses.

    Output k averages the inputs from ⌊k·i/o⌋ to ⌈(k+1)·i/o⌉; over all k the lengths run from
    ⌈i/o⌉ to ⌈(i + o − gcd(i, o)) / o⌉.
    """
    if dimensions == 0 or min(len(given), len(made)) < dimensions:
        return []
    found: list[list[Equation]] = [[], []]
    for name, i, o in zip(_names(dimensions), given[-dimensions:], made[-dimensions:], strict=True):
        if min(i, o) == 0:
            continue
        smallest, largest = -(-i // o), -(-(i + o - gcd(i, o)) // o)
        working = f"{i} / {o}" if i % o == 0 else f"⌈{i} / {o}⌉"
        if smallest == largest:
            found[0].append(Equation(f"window {name}", working, smallest))
        else:
            found[0].append(Equation(f"smallest window {name}", working, smallest))
            working = f"⌈({i} + {o} − {gcd(i, o)}) / {o}⌉"
            found[1].append(Equation(f"largest window {name}", working, largest))
    return [*_merged(found[0]), *_merged(found[1])]


def _joined(trace: Trace, call: Call, dim: int, made: Shape) -> list[Equation]:
    shapes = [trace.spec(port).shape for port in call.inputs]
    if len(shapes) < 2 or any(len(shape) <= dim for shape in (made, *shapes)):
        return []
    parts = [shape[dim] for shape in shapes]
    what = "channels" if dim == 1 else f"dimension {dim}"
    if sum(parts) != made[dim]:
        return []
    return [Equation(what, " + ".join(map(str, parts)), made[dim])]


def _flattened(given: Shape, made: Shape) -> list[Equation]:
    """Several dimensions made one: 512·7·7 = 25,088."""
    front = 0
    while front < len(made) and front < len(given) and given[front] == made[front]:
        front += 1
    back = 0
    while back < min(len(made), len(given)) - front and given[-1 - back] == made[-1 - back]:
        back += 1
    merged = given[front : len(given) - back]
    if len(made) - front - back != 1 or len(merged) < 2 or prod(merged) != made[front]:
        return []
    return [Equation("flattened", _product(merged), made[front])]


def _names(dimensions: int) -> Sequence[str]:
    return _DIMENSIONS.get(dimensions) or [f"dimension {n}" for n in range(1, dimensions + 1)]


def _merged(equations: Iterable[Equation]) -> list[Equation]:
    """Equal equations of neighbouring dimensions as one: "height, width"."""
    found: list[Equation] = []
    for equation in equations:
        if found and replace(found[-1], what="") == replace(equation, what=""):
            name = equation.what.rpartition(" ")[2]
            found[-1] = replace(equation, what=f"{found[-1].what}, {name}")
        else:
            found.append(equation)
    return found


# Parameters.


def parameter_equations(trace: Trace, call: Call) -> list[Equation]:
    """How many elements each parameter that the call computes with has, and their sum."""
    found: list[Equation] = []
    distinct: dict[str, int] = {}
    for name, first, parameter in _held(trace, call):
        elements = parameter.tensor.elements
        note = "" if parameter.same_as is None else f"the same as {parameter.same_as}"
        found.append(Equation(name, _weight(call, parameter), elements, note))
        distinct.setdefault(first, elements)
    if len(found) > 1:
        working = " + ".join(f"{elements:,}" for elements in distinct.values())
        found.append(Equation("parameters", working, sum(distinct.values())))
    return found


def _held(trace: Trace, call: Call) -> Iterator[tuple[str, str, ParameterSpec]]:
    """Parameters that the call computes with: its module's, or those a function was given.

    Each with its name as seen from the call, and the full name of the first that is tied to it.
    """
    if call.module is None and not call.reads:
        return
    if call.module is None:
        named = {join(m.path, p.name): p for m in trace.modules for p in m.parameters}
        for name in call.reads:
            if name in named:
                yield name, named[name].same_as or name, named[name]
        return
    own = trace.module_at[call.module]
    # A step computes with all that is in its module; a container only holds what is on itself.
    inside = (own,) if isinstance(call.op, Container) else parameters.subtree(trace, own.path)
    for module in inside:
        for parameter in module.parameters:
            path = join(module.path, parameter.name)
            name = path.removeprefix(f"{own.path}.") if own.path else path
            yield name, parameter.same_as or path, parameter


def _weight(call: Call, parameter: ParameterSpec) -> str:
    shape = parameter.tensor.shape
    op = call.op
    if isinstance(op, Conv) and op.groups > 1 and len(shape) == len(op.window.kernel_size) + 2:
        whole = op.out_channels if op.transposed else op.in_channels
        if whole == shape[1] * op.groups:
            return f"{shape[0]}·({whole}/{op.groups})·{_product(shape[2:])}"
    return _product(shape)


# Multiply-accumulates.


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
            found = [Equation("MACs", f"{_product(over)} · {each} · {_product(taps)}", value)]
    elif isinstance(op, Pool):
        taps = op.window.kernel_size
        working = f"{_product(made)} · {_product(taps)}"
        found = [Equation("MACs", working, prod(made) * prod(taps))]
    elif isinstance(op, Linear):
        working = f"{_product(made)} · {op.in_features}"
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
        Equation(f"MACs of {name}", f"{_product(over)} · {_product(per)}", prod(over) * prod(per))
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
        found.append(Equation(what, f"{_product(steps)} · {ways}{inner}", value))
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
        working = f"{_product(made[:-1])} · {key[-2]}·({key[-1]} + {made[-1]})"
        return [Equation("MACs", working, prod(made[:-1]) * key[-2] * (key[-1] + made[-1]))]
    inner, left = divmod(counted, prod(made))
    return [] if left else [Equation("MACs", f"{_product(made)} · {inner}", counted)]


def _product(sizes: Sequence[int]) -> str:
    return "·".join(map(str, sizes)) or "1"
