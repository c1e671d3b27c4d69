"""What an element sees that is made from elements of several tensors."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.geometry.layout import (
    NONE,
    Layout,
    axes,
    held,
    holders,
    length_of,
    other,
)
from resnet_inspect.analysis.geometry.motion import at_once
from resnet_inspect.analysis.geometry.state import Everything, Lost, NotKnown, Seen, State
from resnet_inspect.analysis.geometry.windows import Windows
from resnet_inspect.traces.tensors import Shape


def joined(states: Sequence[State], shape: Shape, call: str) -> State | Lost:
    """What sees all that any of these sees, element by element, each of them broadcast."""
    first = states[0]
    rank = len(shape)
    if all(s.layout == first.layout for s in states) and len(first.layout) == rank:
        layout = first.layout
        if any(length_of(dimension) != size for dimension, size in zip(layout, shape, strict=True)):
            return Lost(call)
    else:
        if any(len(s.layout) > rank for s in states):
            return Lost(call)
        states = [s._replace(layout=((),) * (rank - len(s.layout)) + s.layout) for s in states]
        states = list(map(at_once, states))
        chosen = []
        for place, size in enumerate(shape):
            of = [s.layout[place] for s in states]
            if any(length_of(dimension) not in (1, size) for dimension in of):
                return Lost(call)
            fitting = [d for d in of if held(d) and length_of(d) == size]
            chosen.append(fitting[0] if fitting else other(size))
        layout = tuple(chosen)
        states, layout = _together(states, layout)
    seen: list[Seen] = []
    for axis in range(len(first.seen)):
        seen.append(_hull([s.seen[axis] for s in states], states, layout, axis, call))
    return State(
        layout,
        tuple(seen),
        next((s.statistics for s in states if s.statistics), ""),
        next((s.gate for s in states if s.gate), ""),
        next((s.seam for s in states if s.seam), ""),
    )


def _together(states: Sequence[State], layout: Layout) -> tuple[list[State], Layout]:
    """Windows that differ in some of the dimensions that hold an axis, as those of the others.

    Queries and keys of windows of a map share the window and not the place in it: as much as an
    element may see is what the whole window sees.
    """
    for axis in axes(layout):
        finite = [i for i, s in enumerate(states) if isinstance(s.seen[axis], Windows)]
        theirs = [set(holders(states[i].layout, axis)) for i in finite]
        if not theirs:
            continue
        common = set.intersection(*theirs)
        extra = set(holders(layout, axis)) - common
        if not common or not extra | set.union(*theirs) - common:
            continue
        states = list(states)
        for i, its in zip(finite, theirs, strict=True):
            one: Seen = states[i].seen[axis]
            for _, (length, _, step) in its - common:
                wider = one.slid(0, length, step, 1) if isinstance(one, Windows) and step else None
                one = wider or one
            seen = states[i].seen
            layout_i = _without(states[i].layout, axis, its - common)
            states[i] = states[i]._replace(
                layout=layout_i, seen=(*seen[:axis], one, *seen[axis + 1 :])
            )
        layout = _without(layout, axis, extra)
    return list(states), layout


def _without(layout: Layout, axis: int, gone: set[tuple[int, tuple[int, int, int]]]) -> Layout:
    return tuple(
        tuple((f[0], NONE, 0) if (place, f) in gone and f[1] == axis else f for f in dimension)
        for place, dimension in enumerate(layout)
    )


def _hull(
    ones: Sequence[Seen], states: Sequence[State], layout: Layout, axis: int, call: str
) -> Seen:
    """What is seen along an axis by an element that sees what all of these do."""
    known = [(one, s) for one, s in zip(ones, states, strict=True) if one is not None]
    if not known:
        return None
    jumps = {one.jump for one, s in known if any(axis in held(d) for d in s.layout)}
    if len(jumps) > 1:
        return NotKnown(Lost(call), max(jumps))
    if any(isinstance(one, Everything) for one, _ in known):
        return Everything(jumps.pop() if jumps else known[0][0].jump)
    for one, _ in known:
        if isinstance(one, NotKnown):
            return one
    where = holders(layout, axis)
    hull: Windows | None = None
    for one, state in known:
        if state.layout is not layout and holders(state.layout, axis) != where:
            return NotKnown(Lost(call), one.jump)
        assert isinstance(one, Windows)
        both = one if hull is None else hull.hull(one)
        if both is None:
            return NotKnown(Lost(call), one.jump)
        hull = both
    return hull
