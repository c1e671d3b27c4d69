"""Receptive fields: how far one element of a feature map sees, across shortcuts.

Sizes are in pixels of the network's input. Where paths join, the field is the hull of theirs. It
is the field of an unbounded image, not cut at the border, and of an element away from the border.

What is not known is not guessed: behind an op that looks where its values tell it to (a sort, a
deformable convolution), that mixes in an unknown way (a Fourier transform) or that has no rule,
the field is lost, with the op that lost it, and nothing behind it begins anew. What mixes all
positions (a global pool, a linear layer over positions, attention) makes an element see all.

A norm over positions and a gate computed from all of the map let an element depend on all of it,
and still the map is carried by windows. The literature counts the windows alone. So does the size
here, and the field says through which call each element depends on all. A roll moves the windows;
that it wraps around is seen beside its seam alone, and the field says so too.

Source of the recurrence: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional
Neural Networks", Distill 2019, doi:10.23915/distill.00021.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_inspect.analysis.geometry.layout import held, holders
from resnet_inspect.analysis.geometry.motion import one_axis
from resnet_inspect.analysis.geometry.state import Everything, Lost, NotKnown, State
from resnet_inspect.analysis.geometry.walk import Walk
from resnet_inspect.analysis.geometry.windows import Number, Windows, plain
from resnet_inspect.traces.model import Trace

__all__ = ["WHOLE", "Fields", "Lost", "Number", "ReceptiveField", "by_activation", "find"]


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What one element of a feature map sees; one number for each spatial dimension."""

    size: tuple[Number, ...]
    """Extent in input pixels; () if the element sees the whole image."""
    jump: tuple[Number, ...]
    """Distance in input pixels between two neighbours; () where there are no neighbours."""
    start: tuple[Number, ...]
    """First input pixel that element 0 sees; negative in the padding. () where there is none that
    moves on with the element: one that sees all along an axis, or a map that is turned around."""
    statistics: str = ""
    """The first norm whose statistics are of all positions, by its path: through them each element
    depends on the whole map; "" where there is none."""
    gate: str = ""
    """The first product with a gate that is computed from all positions, likewise."""
    seam: str = ""
    """The first call that puts side by side what was apart: a roll, which wraps around, or a
    concatenation. An element beside that seam sees on both sides of it."""
    dimensions: tuple[int, ...] = field(default=(), compare=False)
    """Which dimension of the tensor holds the positions along each spatial dimension; () where
    they share one, or are not all there."""

    @property
    def whole(self) -> bool:
        """Whether every element sees all of the image."""
        return not self.size

    @property
    def is_map(self) -> bool:
        """Whether the tensor is a map in torch's order: batch, channels, then the positions."""
        return self.dimensions == tuple(range(2, 2 + len(self.jump))) != ()


WHOLE = ReceptiveField((), (), ())


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known of the fields of a network, by activation."""

    found: dict[int, ReceptiveField]
    lost: dict[int, Lost]
    """Where the field is not known, and why. In neither are tensors that do not come from the
    input, and vectors of features that nothing has mixed yet."""


def by_activation(trace: Trace) -> dict[int, ReceptiveField]:
    """Receptive fields of the tensors whose field is known."""
    return find(trace).found


def find(trace: Trace) -> Fields:
    """Receptive fields of the tensors that have one, and why others are lost."""
    walk = Walk(trace)
    found: dict[int, ReceptiveField] = {}
    lost: dict[int, Lost] = {}
    known: dict[int, ReceptiveField | Lost | None] = {}
    for activation, state in walk.states():
        if isinstance(state, Lost):
            lost[activation] = state
            continue
        if id(state) not in known:  # many hand on the very state that they were given
            known[id(state)] = _field(state, walk)
        seen = known[id(state)]
        if isinstance(seen, Lost):
            lost[activation] = seen
        elif seen is not None:
            found[activation] = seen
    return Fields(found, lost)


def _field(state: State, walk: Walk) -> ReceptiveField | Lost | None:
    """What is said of an element in that state; None where there is nothing to say."""
    seen = state.seen
    for one in seen:
        if isinstance(one, NotKnown):
            return one.lost
    if all(one is None for one in seen):
        return None
    whole = all(isinstance(one, Everything) for one in seen)
    if not walk.has_positions:
        return WHOLE if whole else None
    jump: list[Number] = []
    dimensions: list[int] = []
    for axis in range(len(seen)):
        where = holders(state.layout, axis)
        if len(where) == 1 and len(state.layout[where[0][0]]) == 1:
            dimensions.append(where[0][0])
        elif len({place for place, _ in where}) == 1 and len(held(state.layout[where[0][0]])) == 1:
            ready = one_axis(state, where[0][0])
            if ready is None:
                continue
            dimensions.append(where[0][0])
            state, where = ready, holders(ready.layout, axis)
        steps = [step for _, (_, _, step) in where]
        one = state.seen[axis]
        if one is not None and steps and 0 not in steps:
            jump.append(plain(one.jump * min(steps)))
    jumps = tuple(jump) if len(jump) == len(seen) else ()
    places = tuple(dimensions) if len(set(dimensions)) == len(seen) else ()
    if whole:
        return ReceptiveField((), jumps, (), dimensions=places)
    size = tuple(
        one.size if isinstance(one, Windows) else extent
        for one, extent in zip(state.seen, walk.extents, strict=True)
    )
    start = tuple(one.start for one in seen if isinstance(one, Windows) and one.advance > 0)
    if len(start) < len(size):  # all there is along one axis, or turned around
        start = ()
    return ReceptiveField(
        size, jumps, start, state.statistics, state.gate, state.seam, dimensions=places
    )
