"""Parts that a training treats in their own ways, of saved networks: classifier, stem, frozen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, survey_of, trace_of, window

from resnet_inspect.analysis.structure.freezing import parameters_of
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.lab.parts import classifier, frozen, other_outputs, stem
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Activate, Linear, Pool
from resnet_inspect.traces.run import Recipe

R18 = survey_of("resnet18")
TOTAL = 62
"""Parameters of a ResNet-18: of 20 convolutions, and two each of 20 norms and the classifier."""


def test_the_classifier_is_the_last_layer_with_weights() -> None:
    assert classifier(R18) == "fc"
    assert classifier(survey_of("fcn_resnet50")) == "classifier.4"
    hand = ByHand()
    x = hand.step("conv", conv(3, 8, window(3)), hand.input(1, 3, 8, 8), (1, 8, 6, 6))
    x = hand.step("head", conv(8, 5, window(1)), x, (1, 5, 6, 6))
    assert classifier(Survey(hand.trace(hand.step("act", Activate("relu"), x)))) == "head"


def test_without_a_layer_that_has_weights_there_is_no_classifier() -> None:
    hand = ByHand()
    x = hand.step("pool", Pool("max", window(2, 2)), hand.input(1, 3, 8, 8), (1, 3, 4, 4))
    hand.step(":linear", Linear(4, 4, False), x)  # of no module: there is nothing to replace
    with pytest.raises(BadInput, match="no layer that gives scores"):
        classifier(Survey(hand.trace(x)))


def gives(*shapes: tuple[int, ...]) -> Survey:
    hand = ByHand()
    x = hand.input(4, 3)
    made = [
        hand.step(f"fc{i}", Linear(3, shape[-1], True), x, shape) for i, shape in enumerate(shapes)
    ]
    return Survey(hand.trace(*made))


def test_scores_are_the_only_output_of_as_many_classes() -> None:
    assert other_outputs(gives((4, 10)), 10) == ""
    said = "of 4×8, 4×10 only the scores are trained on"
    assert other_outputs(gives((4, 8), (4, 10)), 10) == said
    with pytest.raises(BadInput, match="gives 4×8 in training, not scores for 10 classes") as one:
        other_outputs(gives((4, 8)), 10)
    assert one.value.hint == ""
    with pytest.raises(BadInput, match="gives 4×10, 4×10 in training") as two:
        other_outputs(gives((4, 10), (4, 10)), 10)
    assert "aux_logits=False" in two.value.hint
    with pytest.raises(BadInput, match="gives 4×10×7 in training"):
        other_outputs(gives((4, 10, 7)), 10)


def test_the_stem_is_what_is_called_before_the_first_stage() -> None:
    assert stem(R18) == ["conv1", "bn1", "relu", "maxpool"]
    with pytest.raises(BadInput, match="no residual stage was recognised"):
        stem(gives((4, 10)))


def test_parts_are_frozen_and_thawed_again_by_epoch() -> None:
    recipe = Recipe(
        "resnet18", epochs=9, freeze="stem,stage 1-4", unfreeze=(("stage 3-4", 5), ("stage 2", 8))
    )
    found = frozen(R18, recipe)
    assert list(found) == [1, 5, 8]
    assert len(found[1]) == TOTAL - 2, "all but the classifier's weight and bias"
    assert found[1] - found[5] == parameters_of(R18, "stage 3-4")
    assert found[5] - found[8] == parameters_of(R18, "stage 2")
    assert found[8] == parameters_of(R18, "stem,stage 1")


def test_parts_thaw_in_the_order_of_their_epochs_however_they_are_written() -> None:
    one, other = ("stage 1", 3), ("stem", 2)
    recipe = Recipe("resnet18", epochs=9, freeze="stem,stage 1")
    written = [replace(recipe, unfreeze=pair) for pair in ((one, other), (other, one))]
    assert frozen(R18, written[0]) == frozen(R18, written[1])
    assert frozen(R18, written[0])[3] == frozenset()


def test_what_came_frozen_stays_so() -> None:
    trace = trace_of("resnet18")

    def without_gradients(module: ModuleSpec) -> ModuleSpec:
        own = tuple(replace(one, trainable=module.path != "conv1") for one in module.parameters)
        return replace(module, parameters=own)

    survey = Survey(replace(trace, modules=tuple(map(without_gradients, trace.modules))))
    assert frozen(survey, Recipe("resnet18")) == {1: frozenset({"conv1.weight"})}
    assert frozen(R18, Recipe("resnet18")) == {1: frozenset()}


def test_what_would_train_nothing_is_refused() -> None:
    every = Recipe("resnet18", freeze="stem,stage 1-4,head")
    with pytest.raises(BadInput, match="nothing is left to train"):
        frozen(R18, every)
    with pytest.raises(BadInput, match="nothing of it is frozen"):
        frozen(R18, Recipe("resnet18", freeze="stem", unfreeze=(("head", 2),)))
