"""Parameters of a network, its stages and its modules: shared, tied, frozen and uncalled ones.

The figures of torchvision's variants are those of its own weights' meta data and of an independent
survey of other tools; those of the paper are of He et al. 2015, table 1.
"""

from __future__ import annotations

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.structure.survey import Survey

STAGE_PARAMETERS = {
    "resnet18": (147_968, 525_568, 2_099_712, 8_393_728),
    "resnet34": (221_952, 1_116_416, 6_822_400, 13_114_368),
    "resnet50": (215_808, 1_219_584, 7_098_368, 14_964_736),
    "resnet101": (215_808, 1_219_584, 26_090_496, 14_964_736),
    "resnet50_v1": (215_808, 1_219_584, 7_098_368, 14_964_736),
}


@pytest.mark.parametrize("name", STAGE_PARAMETERS)
def test_parameters_of_stages_are_the_published_ones(name: str) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    counted = tuple(survey.amounts(s.first, s.last).parameters for s in stages)
    assert counted == STAGE_PARAMETERS[name]
    by_module = tuple(
        parameters.of_module(survey.trace, f"layer{number}").total for number in (1, 2, 3, 4)
    )
    assert by_module == STAGE_PARAMETERS[name]
    stem = survey.amounts(1, stages[0].first - 1)
    assert stem.parameters == 9_408 + 128


def test_tied_weights_count_once() -> None:
    trace = trace_of("oddities")
    # first 3·4+4, shared 4·4·9, lstm 4·8·(16+8+2), encoder 8·6, uncalled 4·4+4+8, frozen 6·6+6
    expected = 16 + 144 + 832 + 48 + 28 + 42
    assert parameters.of_network(trace).total == expected
    assert parameters.of_network(trace).frozen == 42
    assert parameters.of_module(trace, "").total == expected
    assert parameters.of_module(trace, "decoder").total == 48
    assert parameters.own(trace.module_at["decoder"]).total == 0
    credited = parameters.credited(trace)
    assert sum(count.total for count in credited) == expected


def test_what_was_never_called_is_named_once_with_what_it_holds() -> None:
    trace = trace_of("oddities")
    assert [module.path for module in parameters.never_called(trace)] == ["uncalled"]
    assert parameters.of_module(trace, "uncalled").total == 4 * 4 + 4 + 8
    for name in ("resnet50", "r3d_18", "functional", "names", "plain"):
        assert parameters.never_called(trace_of(name)) == ()


def test_parameters_that_functions_read_are_credited_to_them() -> None:
    survey = survey_of("functional")
    convolutions = [c for c in survey.trace.calls if c.path == "units.2:conv2d"]
    assert [survey.parameters[c.index].total for c in convolutions] == [
        8 * 24 * 9,
        24 * 24 * 9,
        8 * 24,
    ]


def test_credited_parameters_sum_to_the_network(survey: Survey) -> None:
    whole = parameters.of_network(survey.trace)
    assert sum(count.total for count in survey.parameters) == whole.total
    assert sum(count.trainable for count in survey.parameters) == whole.trainable
    assert sum(count.nbytes for count in survey.parameters) == whole.nbytes
    assert sum(parameters.own(m).total for m in survey.trace.modules) == whole.total
