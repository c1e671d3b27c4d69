"""Whether two networks compute the same: which tensors correspond, and where they part first.

A network may be written otherwise and compute the same. So its tensors are told by the roles of
their modules, by their names, or by their shapes in order, and one way under which the outputs are
equal will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_inspect.analysis.comparison.difference import Difference, Entry
from resnet_inspect.analysis.counts.parameters import never_called
from resnet_inspect.analysis.identity.alignment import aligned
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.ops import same_values
from resnet_inspect.traces.tensors import Shape

Way = Literal["role", "name", "order"]
"""How tensors are told: by what their modules do, by their full names, by order and shapes."""
Names = dict[str, str]
"""Full names of the left network's tensors -> those of the right one's."""
Alone = tuple[tuple[str, ...], tuple[str, ...]]
"""Weights of the left and of the right network that have no counterpart."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first place at which two networks with the same weights differ."""

    modules: tuple[str, str]
    """The paths of both modules; two empty ones are the networks' own outputs."""
    amount: float | None
    """The difference relative to the largest value, nan where one of them is no number; None where
    the shapes differ."""


@dataclass(frozen=True)
class Equivalence:
    """What was found of two networks."""

    difference: Difference
    copied: int = 0
    """Tensors of the second that were copied into the first."""
    back: int = 0
    """Weights that the first makes of others, copied into the second."""
    made: tuple[tuple[str, str], ...] = ()
    """Names of weights that one of them makes of others, with the classes that do."""
    way: Way = "role"
    """How they were told; what one way leaves over was told by the next."""
    dtype: str = ""
    """What they were run in: "float64" where they can be."""
    tolerance: float = 0.0
    """The largest difference, relative to the largest value, that was taken for rounding."""
    parted: Parting | None = None
    """None where their outputs are equal, or were not compared."""
    reason: str = ""
    """Why their outputs could not be compared; "" where they were."""
    alone: Alone = ((), ())
    """If there are such weights, their outputs were not compared."""

    @property
    def compared(self) -> bool:
        """Whether both were run with the same weights, or give other shapes."""
        return not self.reason and not any(self.alone)

    @property
    def same(self) -> bool:
        """Whether they were compared and gave the same, on one input with the same weights."""
        return self.compared and self.parted is None

    @property
    def first_edit(self) -> tuple[str, str] | None:
        """The calls at which their layers part first; "" on the side that has none."""
        for entry in self.difference.entries:
            if _matters(self.difference, entry):
                return self.difference.path_of(entry, 0), self.difference.path_of(entry, 1)
        return None


def alike(difference: Difference) -> bool:
    """Whether two networks have the same layers, shapes and counts.

    Whether a result overwrites its input, and steps that change nothing, do not matter here.
    """
    figures = difference.figure
    return (
        not difference.changes
        and not any(_matters(difference, entry) for entry in difference.entries)
        and all(figures[k].left == figures[k].right for k in ("parameters", "trainable", "macs"))
    )


def _matters(difference: Difference, entry: Entry) -> bool:
    if entry.left is not None and entry.right is not None:
        return any(not c.follows and c.part != "in_place" for c in entry.changes)
    if entry.left is not None:
        return not same_values(difference.left.trace.calls[entry.left].op)
    assert entry.right is not None
    return not same_values(difference.right.trace.calls[entry.right].op)


def same_calls(difference: Difference) -> tuple[tuple[Call, Call], ...]:
    """Calls of modules of the left network with those of the right that have their role."""
    left, right = difference.left.trace.calls, difference.right.trace.calls
    pairs = (
        (left[entry.left], right[entry.right])
        for entry in difference.entries
        if entry.left is not None and entry.right is not None
    )
    found = [(a, b) for a, b in pairs if a.module is not None and b.module is not None]
    return tuple(sorted(found, key=lambda pair: pair[0].index))


def same_places(difference: Difference) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """The same as the paths of the modules, each with which of its calls it is, from 0."""
    left, right = (_places(survey.trace) for survey in (difference.left, difference.right))
    return [(left[a.index], right[b.index]) for a, b in same_calls(difference)]


def _places(trace: Trace) -> dict[int, tuple[str, int]]:
    times: Counter[str] = Counter()
    found: dict[int, tuple[str, int]] = {}
    for call in trace.calls:
        if call.module is not None:
            found[call.index] = call.module, times[call.module]
            times[call.module] += 1
    return found


def mappings(
    difference: Difference, ours: Mapping[str, Shape], theirs: Mapping[str, Shape]
) -> Iterator[tuple[Way, Names]]:
    """The ways to tell which tensors of two networks correspond, likely ones first, each once.

    Dimensions of one element do not count: a linear layer may be a convolution of 1×1.
    """
    shapes = [
        {name: tuple(size for size in shape if size != 1) for name, shape in side.items()}
        for side in (ours, theirs)
    ]
    tell: dict[Way, Callable[[Names], Names]] = {
        "role": lambda known: _by_role(difference, shapes[0]),
        "name": lambda known: {name: name for name in shapes[0]},
        "order": lambda known: aligned(shapes[1], shapes[0], known),
    }
    ways = tuple(tell)
    seen: list[Names] = []
    for start, way in enumerate(ways):
        names: Names = {}
        for next_way in ways[start:]:
            taken = set(names.values())
            for name, other in tell[next_way](names).items():
                fits = name in shapes[0] and shapes[0][name] == shapes[1].get(other)
                if fits and name not in names and other not in taken:
                    names[name] = other
                    taken.add(other)
        if names not in seen:
            seen.append(names)
            yield way, names


def _by_role(difference: Difference, names: Collection[str]) -> Names:
    """Those of these tensors whose modules have the same role, by their own names."""
    own: dict[str, list[str]] = {}
    for name in names:
        path, _, last = name.rpartition(".")
        own.setdefault(path, []).append(last)
    found: Names = {}
    for ours, theirs in same_calls(difference):
        assert ours.module is not None
        assert theirs.module is not None
        for last in own.get(ours.module, ()):
            found[join(ours.module, last)] = join(theirs.module, last)
    return found


def without_counterpart(
    difference: Difference, names: Names, weights: tuple[Sequence[str], Sequence[str]]
) -> Alone:
    """What of these weights is in use and not mapped; packed ones cannot be."""
    left, right = difference.left.trace, difference.right.trace
    return (
        _alone(left, weights[0], names),
        _alone(right, weights[1], frozenset(names.values())),
    )


def _alone(trace: Trace, weights: Sequence[str], mapped: Container[str]) -> tuple[str, ...]:
    unused = tuple(f"{module.path}." for module in never_called(trace))
    packed = (
        join(module.path, own.name)
        for module in trace.modules
        for own in module.parameters
        if own.packed
    )
    used = (name for name in weights if not name.startswith(unused) and name not in mapped)
    return (*used, *packed)
