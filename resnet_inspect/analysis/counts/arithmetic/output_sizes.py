"""How the size of an output follows: of a window, an adaptive pool, a join, a flattening."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import gcd, prod

from resnet_inspect.analysis.counts.arithmetic.equation import Equation, product
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import AdaptivePool, Conv, Join, Pool, Reshape, Window
from resnet_inspect.traces.tensors import Shape

_DIMENSIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
_Rule = Callable[[str, Window, int, int, int], "Equation | None"]
"""Dimension, window, axis, size before and size after -> its equation, if it holds."""


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
    return [Equation("flattened", product(merged), made[front])]


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
