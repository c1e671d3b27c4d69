"""The totals of two networks side by side, and which a lock does not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.difference import Figure
from resnet_inspect.analysis.comparison.totals import figures
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Reshape, Unknown

FIELDS = ("receptive_field", "jump", "last_feature_map")


def by_key(left: Survey, right: Survey) -> dict[str, Figure]:
    return {figure.key: figure for figure in figures(left, right)}


def test_each_total_stands_beside_that_of_the_other() -> None:
    found = by_key(survey_of("resnet34"), survey_of("resnet50"))
    expected = {
        "parameters": (21_797_672, 25_557_032), "macs": (3_663_761_408, 4_089_184_256),
        "receptive_field": ((899, 899), (427, 427)), "jump": ((32, 32), (32, 32)),
        "blocks": (16, 16), "convolutions": (36, 53), "frozen": (0, 0),
        "last_feature_map": ((1, 512, 7, 7), (1, 2048, 7, 7)),
    }  # fmt: skip
    assert {key: (found[key].left, found[key].right) for key in expected} == expected
    assert found["flops"].left == 2 * found["macs"].left


def test_what_is_not_known_is_none() -> None:
    net = ByHand()
    made = net.step("odd", Unknown("Odd"), net.input(1, 4), (1, 2))
    found = by_key(Survey(net.trace(made)), survey_of("resnet18"))
    assert [found[key].left for key in FIELDS] == [None, None, None]


def locked(survey: Survey) -> Survey:
    """As if it were of a lock."""
    trace = survey.trace
    return Survey(replace(trace, provenance=replace(trace.provenance, source="lock")))


def rolled(*, known: bool) -> Survey:
    """A map between convolutions that is rolled by two rows; how far may not be known."""
    net = ByHand()
    x = net.step("a", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    op = Reshape("roll", dims=(2,), shifts=(2,)) if known else Reshape("roll")
    return Survey(net.trace(net.step("b", conv(4, 4, window(3, 1, 1)), net.step(":roll", op, x))))


def test_fields_that_differ_for_what_a_lock_does_not_hold_are_those_of_neither() -> None:
    known, lost = rolled(known=True), rolled(known=False)
    plain = by_key(known, lost)
    assert (plain["receptive_field"].left, plain["receptive_field"].right) == ((5, 5), None)
    for found in (by_key(known, locked(lost)), by_key(locked(lost), known)):
        assert found["receptive_field"] == Figure("receptive_field", None, None)
        assert found["jump"] == Figure("jump", None, None)
        assert found["last_feature_map"] == plain["last_feature_map"]  # which is the same on both


@pytest.mark.parametrize("sides", [("resnet18", "resnet18_odd"), ("resnet50_v1", "resnet50")])
def test_a_lock_of_ops_that_move_nothing_tells_its_fields(sides: tuple[str, str]) -> None:
    left, right = map(survey_of, sides)
    assert by_key(left, locked(right)) == by_key(left, right)
