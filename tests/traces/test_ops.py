"""The output size of a window, against counting its places one by one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.traces.ops import Window

small = st.integers(1, 7)


def places(i: int, k: int, s: int, p: int, q: int, d: int) -> int:
    """How many windows lie wholly in the padded input, by sliding one along it."""
    first, count = -p, 0
    while first + d * (k - 1) <= i + q - 1:
        first, count = first + s, count + 1
    return count


@steady
@given(st.integers(1, 60), small, small, st.integers(0, 4), st.integers(0, 4), small)
def test_the_size_is_the_number_of_places(i: int, k: int, s: int, p: int, q: int, d: int) -> None:
    assume(i + p + q >= d * (k - 1) + 1)
    both = Window((k,), (s,), (p,), (d,), padding_after=(q,))
    assert both.output_size((i,)) == (places(i, k, s, p, q, d),)
    even = Window((k,), (s,), (p,), (d,))
    assume(i + 2 * p >= d * (k - 1) + 1)
    assert even.output_size((i,)) == (places(i, k, s, p, p, d),)


@steady
@given(st.integers(1, 60), small, small, st.integers(0, 3), small)
def test_ceil_mode_adds_a_window_that_starts_before_the_padding(
    i: int, k: int, s: int, p: int, d: int
) -> None:
    assume(i + 2 * p >= d * (k - 1) + 1)
    assume(2 * p <= k)  # as torch demands of a pool
    whole = places(i, k, s, p, p, d)
    last_end = -p + (whole - 1) * s + d * (k - 1)
    misses_some = last_end < i + p - 1
    another_starts_inside = -p + whole * s < i
    (size,) = Window((k,), (s,), (p,), (d,), ceil_mode=True).output_size((i,))
    assert size == whole + (misses_some and another_starts_inside)


@steady
@given(st.integers(1, 100), st.integers(1, 9), small)
def test_same_padding_keeps_the_size(i: int, k: int, d: int) -> None:
    total = d * (k - 1)
    same = Window((k,), (1,), (total // 2,), (d,), padding_after=(total - total // 2,))
    assert same.output_size((i,)) == (i,)


@steady
@given(st.integers(1, 300), small)
def test_a_stride_of_the_kernel_divides(i: int, k: int) -> None:
    assume(i >= k)
    none = (0,)
    assert Window((k,), (k,), none, (1,)).output_size((i,)) == (i // k,)
    assert Window((k,), (k,), none, (1,), ceil_mode=True).output_size((i,)) == (-(-i // k),)


@pytest.mark.parametrize(
    ("window", "given_size", "size"),
    [
        (Window((7, 7), (2, 2), (3, 3), (1, 1)), (224, 224), (112, 112)),
        (Window((3, 3), (2, 2), (1, 1), (1, 1)), (112, 112), (56, 56)),
        (Window((3, 3), (1, 1), (2, 2), (2, 2)), (28, 28), (28, 28)),
        (Window((3, 7, 7), (1, 2, 2), (1, 3, 3), (1, 1, 1)), (16, 112, 112), (16, 56, 56)),
        (Window((3, 3), (2, 2), (0, 0), (1, 1), ceil_mode=True), (112, 109), (56, 54)),
        (Window((3, 5), (2, 1), (1, 0), (1, 2)), (225, 30), (113, 22)),
    ],
)
def test_windows_that_networks_have(
    window: Window, given_size: tuple[int, ...], size: tuple[int, ...]
) -> None:
    assert window.output_size(given_size) == size


def test_another_number_of_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Window((3, 3), (1, 1), (0, 0), (1, 1)).output_size((5,))
