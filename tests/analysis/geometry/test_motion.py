"""How positions and windows move, against windows that are counted element by element."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.analysis.geometry import motion
from resnet_inspect.analysis.geometry.layout import NONE, Dimension, other
from resnet_inspect.analysis.geometry.state import Everything, Lost, NotKnown, State
from resnet_inspect.analysis.geometry.windows import PIXELS, Windows

PLAIN: Dimension = ((12, 0, 1),)
TURNED: Dimension = ((4, 0, 1), (3, 0, 4))
"""Every fourth position, then those one further on: a map cut into rows and read by columns."""


def seen_along(state: State, place: int) -> list[tuple[int, int]]:
    """For each element along a dimension that alone holds an axis, from where to where it sees."""
    dimension = state.layout[place]
    (axis,) = {its for _, its, _ in dimension if its != NONE}
    windows = state.seen[axis]
    assert isinstance(windows, Windows)
    found = []
    for digits in product(*(range(length) for length, _, _ in dimension)):
        steps = zip(digits, dimension, strict=True)
        found.append(windows.at(sum(digit * step for digit, (_, _, step) in steps)))
    return found


def hull(windows: list[tuple[int, int]]) -> tuple[int, int]:
    return min(first for first, _ in windows), max(last for _, last in windows)


@steady
@given(
    st.sampled_from([PLAIN, TURNED]), st.integers(1, 4), st.integers(1, 2), st.integers(1, 3)
)  # fmt: skip
def test_a_window_that_slides_sees_what_the_elements_under_it_see(
    dimension: Dimension, taps: int, spacing: int, stride: int
) -> None:
    before = State((other(3), dimension), (Windows((0,), (2,), 1),))
    each = seen_along(before, 1)
    size = (12 - (taps - 1) * spacing - 1) // stride + 1
    after = motion.slid(before, 1, "conv", size, 0, taps, spacing, stride)
    assert after.layout[0] == other(3)
    assert seen_along(after, 1) == [
        hull([each[t * stride + k * spacing] for k in range(taps)]) for t in range(size)
    ]


def test_a_padded_window_begins_in_the_padding() -> None:
    # The stem of a ResNet: 7 taps, padding 3, stride 2.
    after = motion.slid(State((PLAIN,), (PIXELS,)), 0, "conv1", 6, -3, 7, 1, 2)
    assert seen_along(after, 0)[:2] == [(-3, 4), (-1, 6)]


def test_what_sees_all_keeps_its_positions_under_a_window() -> None:
    lost = NotKnown(Lost("sort"), 3)
    state = State((((8, 0, 1),), ((8, 1, 1),)), (Everything(4), lost))
    for place in (0, 1):
        state = motion.slid(state, place, "pool", 4, 0, 2, 1, 2)
    assert state.seen == (Everything(8), NotKnown(Lost("sort"), 6))


def test_a_window_along_channels_moves_no_positions() -> None:
    state = State((other(6), PLAIN), (PIXELS,))
    assert motion.slid(state, 0, "conv", 4, 0, 3, 1, 1) == State((other(4), PLAIN), (PIXELS,))


def test_a_window_over_two_axes_at_once_is_not_followed() -> None:
    both: Dimension = ((4, 0, 1), (4, 1, 1))
    after = motion.slid(State((both,), (PIXELS, PIXELS)), 0, "conv", 14, 0, 3, 1, 1)
    assert after.seen == (NotKnown(Lost("conv"), 1), NotKnown(Lost("conv"), 1))
    assert after.layout == (((14, 0, 0), (1, 1, 0)),)


@pytest.mark.parametrize("dimension", [PLAIN, TURNED])
def test_turning_a_dimension_around_reverses_what_its_elements_see(dimension: Dimension) -> None:
    before = State((dimension,), (Windows((0,), (3,), 2),))
    after = motion.backwards(before, [0], "flip")
    assert seen_along(after, 0) == seen_along(before, 0)[::-1]


def test_turning_a_part_of_an_axis_around_is_not_followed() -> None:
    state = State((((3, 0, 4),), ((4, 0, 1),)), (PIXELS,))
    assert motion.backwards(state, [1], "flip").seen == (NotKnown(Lost("flip"), 1),)
    both = motion.backwards(state, [0, 1], "flip").seen[0]
    assert isinstance(both, Windows)
    assert [both.at(t) for t in (0, 11)] == [(11, 12), (0, 1)]


def test_a_doubled_map_sees_each_pixel_twice() -> None:
    before = State((PLAIN,), (PIXELS,))
    after = motion.through(before, 0, "up", 24, 2, 1, lambda p: (0,))
    assert seen_along(after, 0) == [(t // 2, t // 2 + 1) for t in range(24)]
    bilinear = motion.through(before, 0, "up", 24, 2, 1, lambda p: (p - 1, p))
    assert seen_along(bilinear, 0)[:4] == [(-1, 1), (0, 2), (0, 2), (1, 3)]
    kept = motion.through(before, 0, "up", 24, 2, 1, lambda p: (p - 1, p), keeps_start=True)
    windows = kept.seen[0]
    assert isinstance(windows, Windows)
    assert windows.start == 0  # an interpolation keeps to the border


def test_a_doubled_map_that_sees_all_has_half_the_jump() -> None:
    lost = NotKnown(Lost("sort"), 4)
    state = State((PLAIN, ((8, 1, 1),)), (Everything(4), lost))
    for place in (0, 1):
        state = motion.through(state, place, "up", 24, 2, 1, lambda p: (0,))
    assert state.seen == (Everything(2), NotKnown(Lost("sort"), 2))


def test_mixing_a_whole_axis_sees_all_of_it() -> None:
    state = State((other(3), PLAIN), (PIXELS,))
    assert motion.mixed(state, 1, "mean").seen == (Everything(1),)
    gone = motion.mixed(state, 1, "mean", 1)
    assert gone.layout == (other(3), other(1))
    assert motion.mixed(state, 0, "linear", 5) == State((other(5), PLAIN), (PIXELS,))


def test_mixing_within_windows_sees_one_window() -> None:
    """Attention in windows of four: which of them an element is in is in the other dimension."""
    state = State((((3, 0, 4),), ((4, 0, 1),)), (Windows((0,), (3,), 2),))
    after = motion.mixed(state, 1, "attend")
    assert after.layout == (((3, 0, 4),), ((4, NONE, 0),))
    windows = after.seen[0]
    assert isinstance(windows, Windows)
    # Positions 4 to 7 see the pixels 8 to 16.
    assert windows.at(4) == (8, 17)


def test_dimensions_are_made_one_axis_where_that_can_be() -> None:
    rows = State((TURNED, ((1, 1, 1), (6, 1, 1))), (PIXELS, PIXELS))
    made = motion.at_once(rows)
    assert made.layout == (((12, 0, 1),), ((6, 1, 1),))
    assert seen_along(made, 0) == seen_along(rows, 0)
    shared = State((((3, 0, 4),), ((4, 0, 1),)), (PIXELS,))
    assert motion.one_axis(shared, 0) is None
    assert motion.at_once(shared) == shared
    scattered = State((((2, 0, 0), (6, 0, 1)),), (PIXELS,))  # in an order that is not known
    assert motion.one_axis(scattered, 0) is None


def test_what_is_out_of_order_still_holds_its_axes() -> None:
    after = motion.out_of_order(State((PLAIN, other(4)), (PIXELS,)), 0, "sort", 12)
    assert after == State((((12, 0, 0),), other(4)), (NotKnown(Lost("sort"), 1),))
    without = motion.out_of_order(State((other(4),), (PIXELS,)), 0, "sort", 2)
    assert without == State((other(2),), (PIXELS,))
