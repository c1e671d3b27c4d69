"""Maps that are scaled or shifted by what is computed from all of a map."""

from __future__ import annotations

from resnet_inspect.analysis.geometry.layout import NONE
from resnet_inspect.analysis.geometry.state import Everything, Given, Known, Lost, State
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.traces.tensors import Shape

_SUMS = {"add", "sub", "subtract"}
_PRODUCTS = {"mul", "multiply", "div", "divide"}


def is_gate(state: State) -> bool:
    """Whether a tensor sees all of the map and has no positions of its own."""
    seen = [one for one in state.seen if one is not None]
    if not seen or not all(isinstance(one, Everything) for one in seen):
        return False
    return not any(length > 1 and axis != NONE for d in state.layout for length, axis, _ in d)


def scaled(call: str, name: str, given: Given, shape: Shape) -> Known:
    """A sum, product or the like of tensors at the same place.

    Where one sees all of the map and is the same for all positions, it is a gate of those that
    carry the map, and their windows are what is seen. The statistics of a norm that is written by
    hand are the same, of a sum too; a context that is computed from all and added is none.
    """
    if name not in _SUMS | _PRODUCTS:
        return joined(given, shape, call)
    gates = [
        is_gate(state)
        and (state.summary or not (name in _SUMS or (place == 0 and name in {"div", "divide"})))
        for place, state in enumerate(given)
    ]
    pairs = list(zip(given, gates, strict=True))
    if not any(state.sees for state, gates_it in pairs if not gates_it):
        return joined(given, shape, call)
    made = joined(
        [s._replace(seen=(None,) * len(s.seen)) if gates_it else s for s, gates_it in pairs],
        shape,
        call,
    )
    if isinstance(made, Lost):
        return made
    statistics = any(state.summary for state, gates_it in pairs if gates_it)
    gate = any(not state.summary for state, gates_it in pairs if gates_it)
    return made._replace(
        statistics=made.statistics or (call if statistics else ""),
        gate=made.gate or (call if gate else ""),
    )
