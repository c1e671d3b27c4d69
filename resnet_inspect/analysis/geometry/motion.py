"""How positions and windows move, whatever moves them: a window that slides, a mixture, a turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from resnet_inspect.analysis.geometry.layout import (
    NONE,
    held,
    holders,
    length_of,
    other,
    positions,
    scattered,
)
from resnet_inspect.analysis.geometry.state import Everything, Lost, NotKnown, Seen, State
from resnet_inspect.analysis.geometry.windows import Windows, plain


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


def at_once(state: State) -> State:
    """With one factor in each dimension that holds one axis, where that can be."""
    for place, dimension in enumerate(state.layout):
        if len(dimension) > 1 and len(held(dimension)) == 1:
            state = one_axis(state, place) or state
    return state


def slid(
    state: State, place: int, call: str, size: int, first: int, taps: int, spacing: int, stride: int
) -> State:
    """Behind a window that slides along a dimension, which has `size` elements afterwards."""
    dimension = state.layout[place]
    if not held(dimension):
        return state.replaced(place, other(size))
    if taps == 1 and stride == 1 and first == 0 and length_of(dimension) == size:
        return state

    def moved(one: Seen) -> Seen:
        if isinstance(one, Windows):
            return one.slid(first, taps, spacing, stride) or NotKnown(Lost(call), one.jump * stride)
        if isinstance(one, Everything):
            return Everything(one.jump * stride)
        return None if one is None else NotKnown(one.lost, one.jump * stride)

    return _moved(state, place, call, size, moved)


def _moved(state: State, place: int, call: str, size: int, moved: Callable[[Seen], Seen]) -> State:
    """With what is seen along a dimension moved; out of order where that cannot be followed."""
    ready = one_axis(state, place)
    if ready is None:
        return out_of_order(state, place, call, size)
    ((_, axis, _),) = ready.layout[place]
    one = ready.seen[axis]
    made = moved(one)
    if made is None and one is not None:
        return out_of_order(state, place, call, size)
    seen = (*ready.seen[:axis], made, *ready.seen[axis + 1 :])
    return ready._replace(seen=seen).replaced(place, ((size, axis, 1),))


def out_of_order(state: State, place: int, call: str, size: int) -> State:
    """Behind what moves or mixes the positions of a dimension in a way that is not followed."""
    here = held(state.layout[place])
    seen = tuple(
        NotKnown(Lost(call), one.jump) if axis in here and isinstance(one, Windows) else one
        for axis, one in enumerate(state.seen)
    )
    return state._replace(seen=seen).replaced(place, scattered(size, here) if here else other(size))


def backwards(state: State, places: Sequence[int], call: str) -> State:
    """Behind what turns the elements along some dimensions around."""
    seen = list(state.seen)
    for axis, one in enumerate(seen):
        where = holders(state.layout, axis)
        if not isinstance(one, Windows) or not any(place in places for place, _ in where):
            continue
        steps = [step for _, (_, _, step) in where]
        if 0 in steps or not all(place in places for place, _ in where):
            seen[axis] = NotKnown(Lost(call), one.jump)
        else:
            seen[axis] = one.reversed(sum((n - 1) * step for _, (n, _, step) in where))
    return state._replace(seen=tuple(seen))


def through(
    state: State,
    place: int,
    call: str,
    size: int,
    period: int,
    advance: int,
    taken: Callable[[int], Sequence[int]],
    *,
    keeps_start: bool = False,
) -> State:
    """Behind what makes the elements along a dimension from several each, in periods."""
    if not held(state.layout[place]):
        return state.replaced(place, other(size))

    def moved(one: Seen) -> Seen:
        if one is None:
            return None
        if not isinstance(one, Windows):
            jump = plain(Fraction(one.jump) * advance / period)
            return Everything(jump) if isinstance(one, Everything) else NotKnown(one.lost, jump)
        windows = one.through(period, advance, taken)
        if windows is None or not keeps_start:
            return windows
        start = one.start - windows.begin[0]
        return Windows(windows.begin, windows.end, windows.advance, start)

    return _moved(state, place, call, size, moved)
