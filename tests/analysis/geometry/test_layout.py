"""Where positions go in views and permutations, against indexes that are counted."""

from __future__ import annotations

from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.analysis.geometry.layout import NONE, Layout, other, permutation, viewed


def positions_of(layout: Layout) -> list[tuple[int, int]]:
    """For each element in order, its position along the axes 0 and 1."""
    factors = [factor for dimension in layout for factor in dimension]
    found = []
    for digits in product(*(range(length) for length, _, _ in factors)):
        at = [0, 0]
        for digit, (_, axis, step) in zip(digits, factors, strict=True):
            if axis != NONE:
                at[axis] += digit * step
        found.append((at[0], at[1]))
    return found


MAP: Layout = (other(2), other(6), ((4, 0, 1),), ((8, 1, 1),))
SIZES = (2, 3, 4, 6, 8)


@steady
@given(st.lists(st.sampled_from(SIZES), max_size=6))
def test_a_view_keeps_every_elements_position(sizes: list[int]) -> None:
    left = 2 * 6 * 4 * 8
    shape = []
    for size in sizes:
        if left % size == 0:
            shape.append(size)
            left //= size
    shape.append(left)
    made = viewed(MAP, tuple(shape))
    if made is not None:
        assert [prod(length for length, _, _ in d) for d in made] == shape
        assert positions_of(made) == positions_of(MAP)


def test_windows_of_a_map_know_their_steps() -> None:
    cut = viewed(MAP, (2, 6, 2, 2, 2, 4))
    assert cut is not None
    assert cut[2:] == (((2, 0, 2),), ((2, 0, 1),), ((2, 1, 4),), ((4, 1, 1),))
    assert viewed(cut, (2, 6, 4, 8)) == MAP
    assert viewed(MAP, (2, 6, 32)) == (other(2), other(6), ((4, 0, 1), (8, 1, 1)))
    assert viewed(MAP, (2, 18, 16)) is None  # three rows do not divide four


def test_a_permutation_is_told_from_shapes_only_where_one_fits() -> None:
    assert permutation((2, 6, 4, 8), (2, 4, 8, 6), MAP) == (0, 2, 3, 1)
    square: Layout = (other(2), other(4), ((4, 0, 1),), ((4, 1, 1),))
    assert permutation((2, 4, 4, 4), (2, 4, 4, 4), square) is None
