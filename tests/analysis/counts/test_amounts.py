"""Amounts of separate calls add up, and what is taken away again is gone."""

from __future__ import annotations

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.analysis.counts.amounts import Amounts, summed

amounts = st.builds(Amounts, *[st.integers(0, 10**15)] * 9)


@steady
@given(st.lists(amounts, max_size=5))
def test_the_sum_of_several_is_that_of_each_number(every: list[Amounts]) -> None:
    expected = [sum(numbers) for numbers in zip(*map(astuple, every), strict=True)] or [0] * 9
    assert list(astuple(summed(every))) == expected


@steady
@given(amounts, amounts, st.integers(0, 7))
def test_numbers_are_added_taken_away_and_repeated_each_for_itself(
    one: Amounts, other: Amounts, times: int
) -> None:
    assert one + other == other + one == summed([one, other])
    assert one + other - other == one
    assert one * times == summed([one] * times)
    assert (one + other).macs == one.macs + other.macs
