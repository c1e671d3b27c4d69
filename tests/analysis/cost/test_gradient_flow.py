"""The gradients of activations while they flow back, in networks made by hand."""

from __future__ import annotations

from collections import Counter

import pytest
from saved import ByHand, conv, window

from resnet_inspect.analysis.cost import gradient_flow, saved_tensors
from resnet_inspect.analysis.cost.lifetimes import Span
from resnet_inspect.analysis.cost.schedule import Schedule
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Elementwise, Join, Op, Reshape

MAP = (1, 4, 8, 8)
SIZE, KERNEL = 4 * 256, 4 * 16
"""Bytes of a map, and of a weight."""


def layer(net: ByHand, name: str, x: int) -> int:
    return net.step(name, conv(4, 4, window(1)), x, MAP, weights={"weight": (4, 4, 1, 1)})


def spans(trace: Trace) -> list[Span]:
    schedule = Schedule(trace, saved_tensors.of(trace))
    return sorted(gradient_flow.spans(trace, schedule), key=lambda s: (-s.nbytes, s.first, s.last))


def test_a_gradient_lives_from_the_step_that_gives_it_to_the_one_that_made_its_activation() -> None:
    net = ByHand()
    x = layer(net, "a", net.input(*MAP))
    x = net.step("relu", Activate("relu"), x)
    x = layer(net, "b", x)
    # Four calls and the end of the forward pass at 4; backward at 5 (b), 6 (relu), 7 (a).
    assert spans(net.trace(x)) == [
        Span(4, 5, SIZE), Span(5, 6, SIZE), Span(6, 7, SIZE), Span(5, 5, KERNEL),
        Span(7, 7, KERNEL),
    ]  # fmt: skip


def test_a_sum_hands_on_what_it_is_given_to_both_of_its_terms() -> None:
    net = ByHand()
    fork = layer(net, "a", net.input(*MAP))
    branch = layer(net, "b", fork)
    trace = net.trace(net.step(":add", Elementwise("add"), (branch, fork)))
    # Backward at 5 (add), 6 (b), 7 (a). While b has the one that it shares with the fork, what it
    # gives cannot be added to that in place.
    assert [span for span in spans(trace) if span.nbytes == SIZE] == [
        Span(4, 6, SIZE), Span(6, 7, SIZE),
    ]  # fmt: skip


def test_where_two_meet_the_second_is_added_to_the_first() -> None:
    net = ByHand()
    fork = layer(net, "a", net.input(*MAP))
    ends = [layer(net, name, fork) for name in ("b", "c")]
    # Backward at 5 (c), 6 (b), 7 (a); both outputs have theirs from the end of the forward on.
    assert [span for span in spans(net.trace(*ends)) if span.nbytes == SIZE] == [
        Span(4, 5, SIZE), Span(4, 6, SIZE), Span(5, 7, SIZE), Span(6, 6, SIZE),
    ]  # fmt: skip


def test_a_product_makes_a_gradient_for_each_factor() -> None:
    net = ByHand()
    fork = layer(net, "a", net.input(*MAP))
    branch = layer(net, "b", fork)
    trace = net.trace(net.step(":mul", Elementwise("mul"), (branch, fork)))
    assert [span for span in spans(trace) if span.nbytes == SIZE] == [
        Span(4, 5, SIZE), Span(5, 6, SIZE), Span(5, 7, SIZE), Span(6, 6, SIZE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("op", "gradients"),
    [
        (Reshape("permute"), 1),  # a view
        (Elementwise("identity"), 2),  # of its own, unless it shares the memory
        (Activate("relu"), 2),
        (Elementwise("neg"), 2),
    ],
)
def test_a_view_makes_no_gradient_of_its_own(op: Op, gradients: int) -> None:
    net = ByHand()
    x = layer(net, "a", net.input(*MAP))
    trace = net.trace(net.step(":op", op, x))
    assert Counter(span.nbytes for span in spans(trace))[SIZE] == gradients
    shared = ByHand()
    x = layer(shared, "a", shared.input(*MAP))
    trace = shared.trace(shared.step(":op", Elementwise("identity"), x, storage=x))
    assert Counter(span.nbytes for span in spans(trace))[SIZE] == 1


def test_a_slice_of_a_map_makes_a_whole_one() -> None:
    net = ByHand()
    x = layer(net, "a", net.input(*MAP))
    part = net.step(":slice", Reshape("slice"), x, (1, 1, 8, 8))
    assert [span.nbytes for span in spans(net.trace(part))[:2]] == [SIZE, SIZE // 4]


def test_what_is_put_side_by_side_has_views_of_one_gradient() -> None:
    net = ByHand()
    x = layer(net, "a", net.input(*MAP))
    y = layer(net, "b", net.input(*MAP))
    both = net.step(":cat", Join("cat", 1), (x, y), (1, 8, 8, 8))
    found = spans(net.trace(both))
    assert Counter(span.nbytes for span in found) == {2 * SIZE: 1, KERNEL: 2}
    assert found[0] == Span(4, 7, 2 * SIZE)  # until both are through


def test_the_gradient_of_a_weight_is_kept_until_its_last_reader_has_given_its_part() -> None:
    net = ByHand()
    x = layer(net, "a", net.input(*MAP))
    x = layer(net, "a", x)
    found = [span for span in spans(net.trace(x)) if span.nbytes == KERNEL]
    # From the second call's backward at 4 to the first's at 5, whose part is added.
    assert found == [Span(4, 5, KERNEL), Span(5, 5, KERNEL)]


def test_nothing_flows_to_what_wants_no_gradient() -> None:
    net = ByHand()
    image = net.input(*MAP)
    trace = net.trace(net.step(":relu", Activate("relu"), image))
    assert spans(trace) == []
