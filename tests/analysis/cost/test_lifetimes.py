"""How long memory is alive, and how much is at once, counted moment by moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from saved import ByHand, conv, steady, window

from resnet_inspect.analysis.cost import lifetimes
from resnet_inspect.analysis.cost.lifetimes import Lifetime, Span
from resnet_inspect.traces.ops import Activate, Reshape

spans = st.builds(
    lambda first, length, nbytes: Span(first, first + length, nbytes),
    st.integers(0, 9), st.integers(0, 5), st.integers(0, 100),
)  # fmt: skip


@steady
@given(st.lists(spans, max_size=8))
def test_the_fullest_moment_is_the_largest_of_all_moments(held: list[Span]) -> None:
    moments = range(20)
    assert lifetimes.fullest(held) == max(
        sum(span.nbytes for span in held if span.first <= now <= span.last) for now in moments
    )


def test_what_ends_makes_room_only_for_what_begins_after_it() -> None:
    assert lifetimes.fullest([Span(0, 3, 5), Span(4, 6, 7)]) == 7
    assert lifetimes.fullest([Span(0, 4, 5), Span(4, 6, 7)]) == 12
    assert lifetimes.fullest([]) == 0


def test_a_storage_lives_until_the_last_call_that_needs_it_returns() -> None:
    net = ByHand()
    image = net.input(1, 3, 4, 4)
    with net.inside("block", image) as gives:
        a = net.step("block.a", conv(3, 2, window(1)), image, (1, 2, 4, 4))
        b = net.step("block.relu", Activate("relu", in_place=True), a, storage=a)
        c = net.step("block.c", conv(2, 8, window(1)), b, (1, 8, 4, 4))
        gives.append(c)
    flat = net.step(":view", Reshape("view"), c, (1, 128), storage=c)
    d = net.step(":relu", Activate("relu"), flat)
    found = lifetimes.of(net.trace(d))
    assert found == {
        a: Lifetime(2, 4, 4 * 32),
        c: Lifetime(4, 6, 4 * 128),
        d: Lifetime(6, 7, 4 * 128),  # beyond all calls: the network gives it
    }


def test_what_a_module_takes_lives_until_all_in_it_is_done() -> None:
    net = ByHand()
    x = net.step("enter", conv(3, 2, window(1)), net.input(1, 3, 4, 4), (1, 2, 4, 4))
    with net.inside("block", x) as gives:
        y = net.step("block.a", conv(2, 2, window(1)), x)
        gives.append(net.step("block.b", conv(2, 2, window(1)), y))
    assert lifetimes.of(net.trace(*gives))[x] == Lifetime(1, 4, 4 * 32)
