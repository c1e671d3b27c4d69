"""What is known of a tensor's elements while a trace is walked: where they are, what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from resnet_inspect.analysis.geometry.layout import Dimension, Layout, other
from resnet_inspect.analysis.geometry.windows import Number, Windows
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
    seam: str = ""
    """These three as in a `ReceptiveField`."""
    summary: bool = False
    """Whether it is made of nothing but sums, means, deviations and the like, and arithmetic of
    them: the statistics of a norm that is written by hand."""

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


Known = State | Lost
Given = Sequence[State]
