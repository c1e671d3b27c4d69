"""Whether two networks are the same: which tensors correspond, and where they part first."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.comparison.difference import Difference, Entry
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.ops import same_values


@dataclass(frozen=True)
class Equivalence:
    """What was found of two networks."""

    difference: Difference
    copied: int = 0
    """Tensors that were copied from the second into the first; 0 where their layers differ."""
    parted: tuple[str, str, float] | None = None
    """The first two modules whose outputs differ, and the difference relative to the largest
    value; None where none do. Two empty paths are the networks' own outputs."""

    @property
    def same(self) -> bool:
        """Whether they are the same in layers, shapes and counts, and compute the same."""
        return alike(self.difference) and self.parted is None

    @property
    def first_edit(self) -> tuple[str, str] | None:
        """The calls at which their layers part first; "" on the side that has none."""
        for entry in self.difference.entries:
            if _matters(self.difference, entry):
                return _path(self.difference, entry, 0), _path(self.difference, entry, 1)
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


def same_tensors(difference: Difference) -> dict[str, str]:
    """Full names of the left network's parameters and buffers -> those of the right one's.

    Modules that correspond have them in the same order, since they are of one kind.
    """
    found: dict[str, str] = {}
    for ours, theirs in same_calls(difference):
        assert ours.module is not None
        assert theirs.module is not None
        left = difference.left.trace.module_at[ours.module]
        right = difference.right.trace.module_at[theirs.module]
        for a, b in zip(
            (*left.parameters, *left.buffers), (*right.parameters, *right.buffers), strict=True
        ):
            if a.tensor.shape == b.tensor.shape:
                found[join(left.path, a.name)] = join(right.path, b.name)
    return found


def _path(difference: Difference, entry: Entry, side: int) -> str:
    index = (entry.left, entry.right)[side]
    trace = (difference.left, difference.right)[side].trace
    return "" if index is None else trace.calls[index].path
