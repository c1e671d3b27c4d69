"""What stands beside a receptive field, in networks made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.geometry.receptive_field import Lost, ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Norm, Op, Reshape, Unknown
from resnet_inspect.views.words import fields

FIELD = ReceptiveField((3, 3), (1, 1), (0, 0))


def with_step(op: Op) -> Survey:
    """A step between two convolutions."""
    net = ByHand()
    x = net.step("a", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    x = net.step("step", op, x)
    return Survey(net.trace(net.step("b", conv(4, 4, window(3, 1, 1)), x)))


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (Lost("sort"), "no rule says where sort looks"),
        (Lost("add", True), "no recorded call made a tensor that add takes or gives"),
        (Lost("", True), "no recorded call made a tensor that the network takes or gives"),
    ],
)
def test_why_nothing_is_known(lost: Lost, said: str) -> None:
    assert fields.why(lost) == said


def test_through_what_an_element_depends_on_all() -> None:
    assert fields.through(replace(FIELD, gate="se")) == "Through the gate of se"
    both = replace(FIELD, statistics="bn", gate="se")
    assert fields.through(both) == "Through the statistics of bn and the gate of se"
    assert fields.beside(FIELD) == ""
    assert fields.beside(replace(FIELD, seam="roll")).startswith("Beside the seam of roll, ")


def test_a_field_that_is_known_needs_no_remark() -> None:
    assert list(fields.remarks(survey_of("resnet50"))) == []


def test_a_field_that_is_lost_says_where() -> None:
    lost = with_step(Unknown("Odd"))
    assert list(fields.remarks(lost)) == [
        "the receptive field is not known: no rule says where step looks"
    ]
    provenance = replace(lost.trace.provenance, source="lock")
    locked = Survey(replace(lost.trace, provenance=provenance))
    assert list(fields.remarks(locked)) == [
        "the receptive field is not known: a lock does not hold where step looks"
    ]


def test_statistics_and_seams_are_said_beside_the_windows() -> None:
    (said,) = fields.remarks(with_step(Norm("group", 4)))
    assert said == (
        "the receptive field is that of the windows; through the statistics of step each element"
        " depends on all of the map"
    )
    (said,) = fields.remarks(with_step(Reshape("roll", dims=(2,), shifts=(2,))))
    assert said.startswith("beside the seam of step, which puts side by side what was apart")
    assert not said.endswith(".")
