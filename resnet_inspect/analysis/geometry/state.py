"""What is known of a tensor's elements while a trace is walked: where they are, what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from resnet_inspect.analysis.geometry.layout import (
    NONE,
    Dimension,
    Layout,
    axes,
    held,
    holders,
    other,
    positions,
    scattered,
)
from resnet_inspect.analysis.geometry.windows import Number, Windows, plain
from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing is known any more, and the call that is why."""

    path: str
    from_outside: bool = False
    """Whether that call takes or gives a tensor that no recorded call made."""


@dataclass(frozen=True, slots=True)
class Everything:
    """All there is along an axis."""

    jump: Number
    """Pixels from one position of the map to the next, where it still has positions."""


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Some pixels along an axis, and all positions together see all of them."""

    lost: Lost
    jump: Number = 1


Seen = Windows | Everything | NotKnown | None
"""What an element sees along an axis; None for nothing of the input."""


class State(NamedTuple):
    """What is known of the elements of a tensor."""

    layout: Layout
    seen: tuple[Seen, ...]
    """Along each axis, from the position that the layout gives an element."""
    statistics: str = ""
    gate: str = ""

    def replaced(self, place: int, dimension: Dimension) -> State:
        """With another dimension in that place."""
        layout = self.layout
        return self._replace(layout=(*layout[:place], dimension, *layout[place + 1 :]))

    @property
    def sees(self) -> bool:
        """Whether anything of the input reaches it."""
        return any(one is not None for one in self.seen)


def nothing(shape: Shape, count: int) -> State:
    """The state of a tensor that nothing of the input reaches."""
    return State(tuple(map(other, shape)), (None,) * count)


def mixed(state: State, place: int, call: str, size: int | None = None) -> State:
    """Behind what makes each element along a dimension depend on all of that dimension.

    `size` is that of the dimension afterwards if it is made anew, and holds no positions any more;
    else it is kept, with the positions of those axes that are seen as a whole.
    """
    dimension = state.layout[place]
    here = held(dimension)
    if here:
        seen = list(state.seen)
        finite = set()
        for axis in here:
            elsewhere = [f for at, f in holders(state.layout, axis) if at != place]
            one = seen[axis]
            if not elsewhere:
                seen[axis] = one and Everything(one.jump)
                continue
            if isinstance(one, Windows):
                finite.add(axis)
                for length, its, step in positions(dimension):
                    if its == axis and isinstance(one, Windows):
                        wider = one.slid(0, length, step, 1) if step else None
                        one = NotKnown(Lost(call), one.jump) if wider is None else wider
                seen[axis] = one
        state = state._replace(seen=tuple(seen))
        if size is None and finite:
            kept = ((n, NONE, 0) if axis in finite else (n, axis, s) for n, axis, s in dimension)
            state = state.replaced(place, tuple(kept))
    return state if size is None else state.replaced(place, other(size))


def one_axis(state: State, place: int) -> State | None:
    """With one factor of step 1 in a dimension, so that a window can slide along it.

    None where it holds several axes, or an axis that another dimension holds too.
    """
    dimension = state.layout[place]
    if len(dimension) == 1 and dimension[0][2] == 1:
        axis = dimension[0][1]
        for at, of in enumerate(state.layout):
            if at != place and any(factor[1] == axis for factor in of):
                return None
        return state
    here = held(dimension)
    if len(here) != 1:
        return None
    (axis,) = here
    if any(at != place for at, _ in holders(state.layout, axis)):
        return None
    outer, *inner = dimension
    if 0 in [step for _, its, step in dimension if its == axis]:
        return None
    offsets = [0]
    for length, its, step in inner:
        steps = range(0, length * step, step) if its == axis else [0] * length
        offsets = [before + step for before in offsets for step in steps]
        if len(offsets) > 4096:
            return None
    length, its, step = outer
    far = step if its == axis else 0
    one = state.seen[axis]
    if its != axis and length > 1:
        return None
    size = length * len(offsets)
    if isinstance(one, Windows):
        if length == 1:
            far = far or 1
        through = one.through(len(offsets), far, lambda p: (offsets[p],))
        if through is None:
            return None
        one = through
    elif isinstance(one, Everything):
        one = Everything(plain(Fraction(one.jump) * (far or 1) / len(offsets)))
    seen = (*state.seen[:axis], one, *state.seen[axis + 1 :])
    return state._replace(seen=seen).replaced(place, ((size, axis, 1),))


def slid(
    state: State, place: int, call: str, size: int, first: int, taps: int, spacing: int, stride: int
) -> State:
    """Behind a window that slides along a dimension, which has `size` elements afterwards."""
    dimension = state.layout[place]
    if not held(dimension):
        return state.replaced(place, other(size))
    if taps == 1 and stride == 1 and first == 0 and _length(dimension) == size:
        return state
    ready = one_axis(state, place)
    if ready is None:
        return out_of_order(state, place, call, size)
    ((_, axis, _),) = ready.layout[place]
    one = ready.seen[axis]
    made: Seen = None
    if isinstance(one, Windows):
        made = one.slid(first, taps, spacing, stride) or NotKnown(Lost(call), one.jump * stride)
    elif isinstance(one, Everything):
        made = Everything(one.jump * stride)
    elif one is not None:
        made = NotKnown(one.lost, one.jump * stride)
    seen = (*ready.seen[:axis], made, *ready.seen[axis + 1 :])
    return State(
        (*ready.layout[:place], ((size, axis, 1),), *ready.layout[place + 1 :]),
        seen,
        ready.statistics,
        ready.gate,
    )


def out_of_order(state: State, place: int, call: str, size: int) -> State:
    """Behind what moves or mixes the positions of a dimension in a way that is not followed."""
    here = held(state.layout[place])
    seen = tuple(
        NotKnown(Lost(call), one.jump) if axis in here and isinstance(one, Windows) else one
        for axis, one in enumerate(state.seen)
    )
    return state._replace(seen=seen).replaced(place, scattered(size, here) if here else other(size))


def _length(dimension: Dimension) -> int:
    size = 1
    for length, _, _ in dimension:
        size *= length
    return size


def joined(states: Sequence[State], shape: Shape, call: str) -> State | Lost:
    """What sees all that any of these sees, element by element, each of them broadcast."""
    first = states[0]
    rank = len(shape)
    if all(s.layout == first.layout for s in states) and len(first.layout) == rank:
        layout = first.layout
        if any(_length(dimension) != size for dimension, size in zip(layout, shape, strict=True)):
            return Lost(call)
    else:
        if any(len(s.layout) > rank for s in states):
            return Lost(call)
        states = [s._replace(layout=((),) * (rank - len(s.layout)) + s.layout) for s in states]
        states = list(map(_at_once, states))
        chosen = []
        for place, size in enumerate(shape):
            of = [s.layout[place] for s in states]
            if any(_length(dimension) not in (1, size) for dimension in of):
                return Lost(call)
            fitting = [d for d in of if held(d) and _length(d) == size]
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
    )


def _at_once(state: State) -> State:
    """With one factor in each dimension that holds one axis, where that can be."""
    for place, dimension in enumerate(state.layout):
        if len(dimension) > 1 and len(held(dimension)) == 1:
            state = one_axis(state, place) or state
    return state


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
