"""Curves in characters stand where their numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import pytest

from resnet_inspect.views.figures.plot import Curve, plot, rounded
from resnet_inspect.views.figures.sparkline import sparkline


def lines(
    *curves: Sequence[float | None], width: int = 30, height: int = 5, ascii: bool = True
) -> list[str]:
    named = [Curve(f"c{n}", "", values) for n, values in enumerate(curves)]
    made = plot("loss", named, width, height, ascii=ascii)
    return ["".join(written for written, _ in line).rstrip() for line in made]


def test_a_straight_line_is_straight_and_its_ends_are_named() -> None:
    assert lines([5, 4, 3, 2, 1], [1, 2, 3, 4, 5]) == [
        "       loss",
        "    5 |ooo              xxx c1",
        "      |   ooooo     xxxx",
        "    3 |        ooooo",
        "      |   xxxxx     oooo",
        "    1 |xxx              ooo c0",
        "      +--------------------",
        "       1    2    3   4    5",
    ]


def test_numbers_far_apart_have_a_logarithmic_scale() -> None:
    """100, 10 and 1 are a straight line, each tick a power of ten."""
    drawn = lines([100.0, 10.0, 1.0])
    assert [line.partition("|")[0].strip() for line in drawn[1:6]] == ["100", "", "10", "", "1"]
    body = [line.partition("|")[2] for line in drawn[1:6]]
    width = len(drawn[6].partition("+")[2])
    assert body[2][width // 2] == "o"
    assert body[0][0] == body[4][width - 1] == "o"


@pytest.mark.parametrize("ascii", [True, False])
def test_what_is_not_known_is_a_gap(ascii: bool) -> None:
    whole, gap = (lines(values, ascii=ascii) for values in ([1.0] * 5, [1.0, 1.0, None, None, 1.0]))
    full, less = (sum(not c.isspace() for c in "".join(found[1:6])) for found in (whole, gap))
    assert less < full
    assert lines([None, None], ascii=ascii)[0].strip() == "loss"


@pytest.mark.parametrize("places", [1, 2, 7, 30, 1000])
@pytest.mark.parametrize("width", [20, 75])
@pytest.mark.parametrize("end", [0.0, 0.98, 1.0, 1e-9, 1e9, -4.0])
def test_no_line_is_wider_than_is_said(places: int, width: int, end: float) -> None:
    values = [1.0 + (end - 1.0) * n / max(places - 1, 1) for n in range(places)]
    drawn = lines(values, [None] * places, values[:1], width=width, ascii=False)
    assert max(map(len, drawn)) <= width
    assert len(drawn) == 8
    assert drawn[-1].split()[0] == "1" or places > 7


@pytest.mark.parametrize("ends", [(-1.7e308, 1.7e308), (0.0, 5e-324), (1e-320, 1e308), (0.0, 0.0)])
def test_numbers_at_the_ends_of_what_is_finite_are_drawn(ends: tuple[float, float]) -> None:
    assert len(lines(ends)) == 8
    assert all(isfinite(number) for number in rounded(*ends))
    assert len(sparkline((*ends, None, sum(ends)))) == 4
