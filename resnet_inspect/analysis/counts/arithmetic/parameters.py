"""How many elements each parameter has that a call computes with, by its channels and window."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.counts.arithmetic.equation import Equation, product
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ParameterSpec, join
from resnet_inspect.traces.ops import Container, Conv


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
            return f"{shape[0]}·({whole}/{op.groups})·{product(shape[2:])}"
    return product(shape)
