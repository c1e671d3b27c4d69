"""Parts of saved networks by what they are called, and what is left to train without them."""

from __future__ import annotations

import pytest
from saved import ByHand, conv, survey_of, trace_of, window

from resnet_inspect.analysis.structure.freezing import frozen, parameters_of
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.ops import Linear


def test_stem_stages_and_head_are_the_whole_network_once() -> None:
    survey = survey_of("resnet50")
    assert parameters_of(survey, "stem") == {"conv1.weight", "bn1.weight", "bn1.bias"}
    assert parameters_of(survey, "head") == {"fc.weight", "fc.bias"}
    assert len(parameters_of(survey, "stem,stage 1-4,head")) == 161  # as torchvision lists them
    parts = [parameters_of(survey, part) for part in ("stem", "stages 1-4", "head")]
    assert sum(map(len, parts)) == 161


@pytest.mark.parametrize("written", ["stage 2", "Stage  2", "stages 2-2", "stage2", "layer2"])
def test_a_stage_is_what_its_module_holds(written: str) -> None:
    found = parameters_of(survey_of("resnet18"), written)
    assert found == {
        name
        for module in trace_of("resnet18").modules
        for own in module.parameters
        if (name := f"{module.path}.{own.name}").startswith("layer2.")
    }


def test_a_module_is_taken_by_its_path_with_all_that_it_holds() -> None:
    survey = survey_of("resnet18")
    assert parameters_of(survey, " layer1.0.conv1 , fc,") == {
        "layer1.0.conv1.weight", "fc.weight", "fc.bias",
    }  # fmt: skip
    assert parameters_of(survey_of("oddities"), "decoder") == {"encoder.weight"}


@pytest.mark.parametrize("written", ["stage 0", "stage 5", "stage 3-2", "stage 1-5"])
def test_a_stage_that_is_not_there_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="the stages are 1 to 4"):
        parameters_of(survey_of("resnet18"), written)


def test_what_is_no_part_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownName, match=r"layer1\.0\.conv9") as unknown:
        parameters_of(survey_of("resnet18"), "layer1.0.conv9")
    assert "layer1.0.conv" in unknown.value.hint
    for written in ("", " , "):
        with pytest.raises(BadInput, match="no part is named"):
            parameters_of(survey_of("resnet18"), written)
    with pytest.raises(BadInput, match="no stem: no residual stage"):
        parameters_of(survey_of("plain"), "stem")


def test_a_module_called_stem_is_that_module() -> None:
    net = ByHand()
    x = net.step("stem", conv(3, 4, window(1)), net.input(1, 3, 8, 8), (1, 4, 8, 8),
                 weights={"weight": (4, 3, 1, 1)})  # fmt: skip
    assert parameters_of(Survey(net.trace(x)), "stem") == {"stem.weight"}


def test_a_weight_that_a_function_reads_is_of_the_part_that_reads_it() -> None:
    survey = survey_of("functional")
    assert survey.anatomy.stages
    every = parameters_of(survey, f"stem,stage 1-{len(survey.anatomy.stages)},head")
    trained = Survey(frozen(survey.trace, every)).totals.parameters
    assert trained.trainable == 0


def test_frozen_parameters_want_no_gradient_and_ties_follow_the_first_name() -> None:
    trace = trace_of("oddities")
    made = frozen(trace, frozenset({"encoder.weight"}))
    wanting = {
        f"{module.path}.{own.name}"
        for module in made.modules
        for own in module.parameters
        if own.trainable
    }
    assert wanting.isdisjoint({"encoder.weight", "decoder.weight"})
    assert "first.weight" in wanting
    assert frozen(trace, frozenset({"decoder.weight"})) == trace
    assert frozen(trace, frozenset()) == trace


def test_what_no_step_runs_is_frozen_by_its_path_alone() -> None:
    net = ByHand()
    made = net.step("fc", Linear(4, 2, False), net.input(1, 4), (1, 2), weights={"weight": (2, 4)})
    net.module("unused", Linear(4, 2, False), {"weight": (2, 4)})
    survey = Survey(net.trace(made))
    assert parameters_of(survey, "unused") == {"unused.weight"}
