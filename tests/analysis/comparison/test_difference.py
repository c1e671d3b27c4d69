"""A difference as a value: what was done to get from left to right, figures and their ratios."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparisons import of, plain

from resnet_inspect.analysis.comparison.difference import Change, Difference, Entry, Figure, Section
from resnet_inspect.analysis.counts.amounts import Amounts

NONE = Amounts()
OWN, FOLLOWS = Change("stride", 1, 2), Change("input_shape", (1,), (2,), follows=True)


def entry(kind: str, *changes: Change, left: int | None = 1, right: int | None = 1) -> Entry:
    return Entry(kind, "", left, right, changes, NONE, NONE)  # type: ignore[arg-type]


def section(kind: str, *entries: Entry, inner: tuple[Section, ...] = ()) -> Section:
    return Section("stage", 1, kind, None, None, (), entries, inner)  # type: ignore[arg-type]


SAME, CHANGED = entry("same"), entry("changed", OWN, FOLLOWS)
FOLLOWING, GONE = entry("changed", FOLLOWS), entry("only left", right=None)


def difference(*sections: Section) -> Difference:
    one = plain([(4, 3)])
    return Difference(one, one, (), sections, ())


def test_a_step_is_another_one_if_not_all_of_its_changes_follow() -> None:
    assert [one.itself for one in (SAME, CHANGED, FOLLOWING, GONE)] == [False, True, False, True]


def test_edits_are_no_more_than_explain_the_rest() -> None:
    inside = section("changed", SAME, CHANGED)
    alone = section("only right", GONE, CHANGED)
    found = difference(section("changed", FOLLOWING, GONE, inner=(inside, alone)))
    # What only one has is one edit, whatever is in it.
    assert found.edits == (GONE, CHANGED, alone)
    assert found.entries == (FOLLOWING, GONE, SAME, CHANGED, GONE, CHANGED)
    assert difference(section("same", SAME)).edits == ()


@pytest.mark.parametrize(
    ("left", "right", "difference", "ratio"),
    [
        (4, 6, 2, 1.5), (0, 6, 6, None), (6, 0, -6, 0.0), (2.0, 1.0, -1.0, 0.5),
        (None, 6, None, None), ((7, 7), (8, 8), None, None), ("all", 3, None, None),
    ],
)  # fmt: skip
def test_numbers_have_a_difference_and_a_ratio(
    left: object, right: object, difference: float | None, ratio: float | None
) -> None:
    figure = Figure("key", left, right)
    assert (figure.difference, figure.ratio) == (difference, ratio)


def test_equal_networks_are_the_same_but_for_names() -> None:
    same = of("resnet18", "resnet18")
    assert same.equal
    assert not replace(same, changes=(Change("returns", 1, 2),)).equal
    for key, expected in (("buffers", False), ("macs", True), ("trainable", False)):
        figures = tuple(replace(f, right=0) if f.key == key else f for f in same.figures)
        assert replace(same, figures=figures).equal == expected
    assert not of("resnet18", "resnet18_odd").equal


def test_a_step_that_is_not_there_has_no_path() -> None:
    found = difference(section("changed", GONE))
    assert (found.path_of(GONE, 0), found.path_of(GONE, 1)) == ("features.0", "")
