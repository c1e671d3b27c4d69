"""Totals of a network, and of runs of its calls, against published figures.

The figures of torchvision's variants are those of its own weights' meta data and of an independent
survey of other tools; those of the paper are of He et al. 2015, table 1.
"""

from __future__ import annotations

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.survey import Survey


@pytest.mark.parametrize(
    ("name", "held", "cost", "buffers", "modules"),
    [
        ("resnet18", 11_689_512, 1_814_073_344, 9_620, 68),
        ("resnet34", 21_797_672, 3_663_761_408, 17_060, 116),
        ("resnet50", 25_557_032, 4_089_184_256, 53_173, 151),
        ("resnet101", 44_549_160, 7_801_405_440, 105_448, 287),
        ("resnet50_v1", 25_557_032, 3_857_973_248, 53_173, 151),
    ],
)
def test_totals_are_the_published_ones(
    name: str, held: int, cost: int, buffers: int, modules: int
) -> None:
    totals = survey_of(name).totals
    assert totals.parameters.total == totals.parameters.trainable == held
    assert totals.parameters.nbytes == 4 * held
    assert totals.parameters.frozen == 0
    assert totals.macs == cost
    assert totals.flops == 2 * cost
    assert totals.not_counted == ()
    assert totals.buffers.total == buffers
    assert totals.modules == modules


@pytest.mark.parametrize(("first", "last"), [(0, 199), (44, 47), (43, 43), (47, 47), (9, 5)])
def test_steps_within_are_those_between_both_ends(first: int, last: int) -> None:
    trace = trace_of("resnet50")
    found = trace.steps_within(first, last)
    assert found == tuple(step for step in trace.steps if first <= step <= last)


def test_module_calls_and_functions_are_told_apart() -> None:
    totals = survey_of("resnet50").totals
    assert (totals.modules, totals.calls, totals.functions) == (151, 183, 17)


def test_amounts_of_separate_runs_of_calls_add_up(survey: Survey) -> None:
    middle = len(survey.trace.calls) // 2
    last = len(survey.trace.calls) - 1
    split = survey.amounts(0, middle) + survey.amounts(middle + 1, last)
    assert split == survey.whole
    assert survey.whole - split == Amounts()
    assert survey.whole * 2 == survey.whole + survey.whole


def test_a_forward_pass_that_raised_leaves_what_came_before() -> None:
    survey = survey_of("broken")
    failure = survey.trace.failure
    assert failure is not None
    assert survey.trace.calls[failure.call].path == "conv2"
    assert survey.trace.outputs == ()
    assert survey.totals.macs == 8 * 8 * 12 * 27
    assert survey.totals.parameters.total == (27 * 12 + 12) + (72 * 16 + 16) + (16 * 2 + 2)
    assert [m.path for m in parameters.never_called(survey.trace)] == ["fc"]
