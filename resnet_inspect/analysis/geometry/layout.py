"""Which dimension of a tensor holds which positions of the map, through reshapes and permutations.

A dimension is a run of factors, the outermost first, whose lengths multiply to its size. A factor
either holds positions along an axis of the map, a step apart, or none (channels, the batch). So a
flattened map is one dimension with two factors, and a map cut into windows has an axis in two
dimensions, which know their steps: a view is nothing but another grouping of the same factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from resnet_inspect.traces.tensors import Shape

Factor = tuple[int, int, int]
"""Its length; the axis whose positions it holds, or `NONE`; the step from one to the next, 0 where
they come in an order that is not known."""
Dimension = tuple[Factor, ...]
Layout = tuple[Dimension, ...]

NONE = -1


def other(size: int) -> Dimension:
    """A dimension that holds no positions."""
    return () if size == 1 else ((size, NONE, 0),)


def length_of(dimension: Dimension) -> int:
    """How many elements a dimension has."""
    return prod(length for length, _, _ in dimension)


def positions(dimension: Dimension) -> Iterator[Factor]:
    """The factors that hold positions."""
    return (factor for factor in dimension if factor[1] != NONE)


def held(dimension: Dimension) -> set[int]:
    """The axes whose positions a dimension holds."""
    return {axis for _, axis, _ in dimension if axis != NONE}


def holders(layout: Layout, axis: int) -> list[tuple[int, Factor]]:
    """The factors that hold positions of an axis, each with its dimension."""
    return [
        (place, factor)
        for place, dimension in enumerate(layout)
        for factor in dimension
        if factor[1] == axis
    ]


def axes(layout: Layout) -> set[int]:
    """The axes whose positions a tensor holds."""
    return {axis for dimension in layout for _, axis, _ in dimension if axis != NONE}


def scattered(size: int, of: set[int]) -> Dimension:
    """A dimension that holds positions of these axes in an order that is not known."""
    first, *rest = sorted(of)
    return ((size, first, 0), *((1, axis, 0) for axis in rest))


def viewed(layout: Layout, shape: Shape) -> Layout | None:
    """The layout of the same elements in another shape; None where positions do not fit it."""
    left = _merged([factor for dimension in layout for factor in dimension])[::-1]
    if any(length == 0 for length, _, _ in left):
        return None
    made: list[Dimension] = []
    for size in shape:
        own: list[Factor] = []
        need = size
        while left and need > 1:
            length, axis, step = left.pop()
            if need % length == 0:
                own.append((length, axis, step))
                need //= length
                while step == 0 and axis != NONE and left and left[-1][0] == 1:
                    own.append(left.pop())
            elif length % need == 0 and (axis == NONE or step):
                own.append((need, axis, step * (length // need)))
                left.append((length // need, axis, step))
                need = 1
            else:
                return None
        if need != 1:
            return None
        if size == 1 and left and left[-1][0] == 1:
            own.append(left.pop())
        made.append(tuple(own))
    if any(length != 1 for length, _, _ in left):
        return None
    if left and made:
        made[-1] = (*made[-1], *reversed(left))
    return tuple(tuple(_merged(list(dimension))) for dimension in made)


def _merged(factors: Sequence[Factor]) -> list[Factor]:
    """Neighbours made one where they are an outer and an inner part of the same."""
    made: list[Factor] = []
    for factor in factors:
        length, axis, step = factor
        if axis == NONE and length == 1:
            continue
        if made:
            outer, its, far = made[-1]
            if its == axis and (axis == NONE or (step and far == step * length and length > 1)):
                made[-1] = (outer * length, axis, step)
                continue
        made.append(factor)
    return made


def permutation(before: Shape, after: Shape, layout: Layout) -> tuple[int, ...] | None:
    """The one way to reorder dimensions that the shapes allow; None where there are several.

    Dimensions of equal size that hold no positions may change places unseen.
    """
    if sorted(before) != sorted(after):
        return None
    left = list(range(len(before)))
    found = []
    for size in after:
        fitting = [place for place in left if before[place] == size]
        if any(layout[place] != layout[fitting[0]] for place in fitting):
            return None
        left.remove(fitting[0])
        found.append(fitting[0])
    return tuple(found)
