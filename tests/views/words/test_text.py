"""Numbers, shapes and names are written well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import map_shape


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1.000 k"), (4608, "4.608 k"),
        (118_013_952, "118.0 M"), (4_089_184_256, "4.089 G"), (999_949, "999.9 k"),
        (999_950, "1.000 M"), (999_999, "1.000 M"), (9_999_499, "9.999 M"), (9_999_500, "10.00 M"),
        (99_994_999, "99.99 M"), (99_995_000, "100.0 M"), (1_500 * 10**18, "1500 E"),
    ],
)  # fmt: skip
def test_quantity(value: int, written: str) -> None:
    assert text.quantity(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 B"), (1023, "1,023 B"), (1024, "1.000 KiB"), (102_228_128, "97.49 MiB"),
        (1024**2 - 1, "1.000 MiB"), (1000 * 1024, "1000 KiB"), (2**40, "1.000 TiB"),
    ],
)  # fmt: skip
def test_nbytes(value: int, written: str) -> None:
    assert text.nbytes(value) == written


POWERS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50, "EiB": 2**60,
}  # fmt: skip


amounts = st.integers(0, 999 * 10**18) | st.builds(
    lambda power, off: max(0, 10**power + off), st.integers(1, 18), st.integers(-600, 600)
)


@steady
@given(amounts)
def test_a_quantity_has_four_digits_and_is_right(value: int) -> None:
    written, _, prefix = text.quantity(value).partition(" ")
    shown = float(written)
    if not prefix:
        assert shown == value < 1000
        return
    assert len(written.replace(".", "")) == 4
    assert 1 <= shown < 1000
    assert abs(shown * POWERS[prefix] - value) <= 0.00051 * value


@steady
@given(amounts)
def test_bytes_have_four_digits_and_are_right(value: int) -> None:
    written, _, unit = text.nbytes(value).partition(" ")
    shown = float(written.replace(",", ""))
    if unit == "B":
        assert shown == value < 1024
        return
    assert len(written.replace(".", "")) == 4
    assert 1 <= shown < 1024
    assert abs(shown * POWERS[unit] - value) <= 0.00051 * value


@steady
@given(st.lists(amounts, min_size=2, max_size=2))
def test_a_larger_amount_is_never_written_as_a_smaller_one(pair: list[int]) -> None:
    for write in (text.quantity, text.nbytes):
        low, high = (write(value).partition(" ") for value in sorted(pair))

        def size(parts: tuple[str, str, str]) -> float:
            return float(parts[0].replace(",", "")) * POWERS[parts[2]]

        assert size(low) <= size(high) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (0.0, "0%"), (1e-9, "<0.1%"), (0.000499, "<0.1%"), (0.0005, "0.1%"), (0.026, "2.6%"),
        (0.5, "50.0%"), (0.9994, "99.9%"), (1.0, "100.0%"),
    ],
)  # fmt: skip
def test_share(part: float, written: str) -> None:
    assert text.share(part) == written


@steady
@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_part_is_never_written_as_nothing_or_all(part: float) -> None:
    assert text.share(part) not in {"0%", "0.0%", "100.0%"}


@pytest.mark.parametrize(
    ("number_", "noun", "written"),
    [
        (0, "block", "0 blocks"), (1, "block", "1 block"), (2, "block", "2 blocks"),
        (1234, "parameter", "1,234 parameters"), (2, "entry", "2 entries"), (1, "entry", "1 entry"),
    ],
)  # fmt: skip
def test_count(number_: int, noun: str, written: str) -> None:
    assert text.count(number_, noun) == written


def test_ordinal() -> None:
    numbers = (1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 23, 101, 111, 112)
    assert [text.ordinal(n) for n in numbers] == [
        "1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "21st", "22nd", "23rd",
        "101st", "111th", "112th",
    ]  # fmt: skip


def test_shapes_sizes_and_paddings() -> None:
    from fractions import Fraction

    assert text.shape((1, 64, 56, 56)) == "1×64×56×56"
    assert text.shape(()) == "scalar"
    assert text.sizes((3, Fraction(1, 2), Fraction(1, 3))) == "3×0.5×0.333"
    assert text.padding((3, 3), None) == "3×3"
    assert text.padding((0, 1), (1, 2)) == "0+1×1+2"
    assert text.integer(25_557_032) == "25,557,032"


def test_maps_in_short() -> None:
    assert map_shape((1, 256, 56, 56)) == "256×56²"
    assert map_shape((1, 64, 8, 56, 56)) == "64×8×56²"
    assert map_shape((1, 64, 8, 8, 8)) == "64×8³"
    assert map_shape((2, 3, 225, 161)) == "3×225×161"
    assert map_shape((1, 1000)) == "1000"
    assert map_shape((7,)) == "7"
    assert map_shape(()) == "scalar"
    assert map_shape((1, 256, 56, 56), ascii=True) == "256x56x56"
