"""What an element sees that is made from elements of several tensors, of states by hand."""

from __future__ import annotations

from resnet_inspect.analysis.geometry.layout import NONE, Layout, other
from resnet_inspect.analysis.geometry.state import Everything, Lost, NotKnown, State, nothing
from resnet_inspect.analysis.geometry.union import joined
from resnet_inspect.analysis.geometry.windows import PIXELS, Windows

MAP: Layout = (other(1), other(4), ((8, 0, 1),))
SHAPE = (1, 4, 8)


def of(seen: Windows | Everything | NotKnown | None, layout: Layout = MAP, **more: str) -> State:
    return State(layout, (seen,), **more)


THREE, FIVE = Windows((-1,), (2,), 1), Windows((-2,), (3,), 1)
RIGHT = Windows((0,), (4,), 1)


def test_a_sum_sees_the_hull_of_both_ways() -> None:
    assert joined([of(THREE), of(FIVE)], SHAPE, "add") == of(FIVE)
    assert joined([of(THREE), of(RIGHT)], SHAPE, "add") == of(Windows((-1,), (4,), 1))


def test_what_sees_all_makes_the_sum_see_all() -> None:
    assert joined([of(THREE), of(Everything(1))], SHAPE, "add") == of(Everything(1))


def test_what_sees_nothing_adds_nothing_however_it_is_broadcast() -> None:
    for shape in (SHAPE, (4, 1), (8,), ()):
        assert joined([of(THREE), nothing(shape, 1)], SHAPE, "add") == of(THREE)
    assert joined([nothing(SHAPE, 1), nothing((), 1)], SHAPE, "add") == nothing(SHAPE, 1)


def test_a_vector_that_sees_all_is_broadcast_over_positions() -> None:
    gate = State((other(1), other(4), other(1)), (Everything(1),))
    assert joined([of(THREE), gate], SHAPE, "add") == of(Everything(1))


def test_maps_that_do_not_keep_step_are_not_known_from_there_on() -> None:
    found = joined([of(THREE), of(Windows((0,), (2,), 2))], SHAPE, "add")
    assert found == of(NotKnown(Lost("add"), 2))
    lost = NotKnown(Lost("sort"), 1)
    assert joined([of(THREE), of(lost)], SHAPE, "add") == of(lost)


def test_shapes_that_do_not_fit_are_lost() -> None:
    assert joined([of(THREE), nothing((3,), 1)], SHAPE, "add") == Lost("add")
    assert joined([of(THREE), nothing((1, 1, 4, 8), 1)], SHAPE, "add") == Lost("add")
    assert joined([of(THREE), of(FIVE)], (1, 4, 9), "add") == Lost("add")


def test_the_first_that_depends_on_more_says_through_what() -> None:
    states = [of(THREE), of(THREE, statistics="bn1", seam="roll"), of(THREE, statistics="bn2")]
    made = joined([*states, of(THREE, gate="se")], SHAPE, "add")
    assert isinstance(made, State)
    assert (made.statistics, made.gate, made.seam) == ("bn1", "se", "roll")


def test_two_axes_are_joined_each_for_itself() -> None:
    layout: Layout = (((8, 0, 1),), ((8, 1, 1),))
    one, other_ = State(layout, (THREE, PIXELS)), State(layout, (PIXELS, FIVE))
    assert joined([one, other_], (8, 8), "add") == State(layout, (THREE, FIVE))


def test_queries_and_keys_of_one_window_see_the_window() -> None:
    """Each product is of a place among queries and another among keys: all of the window."""
    queries: Layout = (((2, 0, 4),), ((4, 0, 1),), other(1))
    keys: Layout = (((2, 0, 4),), other(1), ((4, 0, 1),))
    made = joined([of(PIXELS, queries), of(PIXELS, keys)], (2, 4, 4), "scores")
    assert isinstance(made, State)
    (windows,) = made.seen
    assert isinstance(windows, Windows)
    assert windows.at(4) == (4, 8)  # the second window, wherever in it
    assert made.layout == (((2, 0, 4),), ((4, NONE, 0),), ((4, NONE, 0),))
