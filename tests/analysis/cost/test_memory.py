"""Memory to run and to train, against closed formulas."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.cost import memory
from resnet_inspect.analysis.structure.freezing import frozen, parameters_of

PARAMETERS = {"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032}


@pytest.mark.parametrize(
    ("optimizer", "kept"), [("sgd", 0), ("momentum", 1), ("adam", 2), ("adamw", 2)]
)
def test_training_holds_weights_gradients_and_what_the_optimizer_keeps(optimizer, kept):
    survey = survey_of("resnet50")
    found = memory.of(survey.trace, optimizer)
    weights = 4 * PARAMETERS["resnet50"]
    assert (found.parameters, found.gradients, found.optimizer) == (
        weights,
        weights,
        kept * weights,
    )
    assert found.input == 4 * 3 * 224 * 224
    assert found.training == weights * (2 + kept) + found.buffers + found.input + found.held
    assert found.inference == weights + found.buffers + found.input + found.peak


def test_the_largest_batch_fits_and_one_more_does_not():
    found = memory.of(survey_of("resnet50").trace, "adam")
    available = 16 * 2**30
    for training, each in ((True, found.held), (False, found.peak)):
        largest = found.largest_batch(available, 1, training=training)
        fixed = (found.training if training else found.inference) - each - found.input
        assert fixed + largest * (each + found.input) <= available
        assert fixed + (largest + 1) * (each + found.input) > available


def test_nothing_fits_where_not_even_the_weights_do():
    assert memory.of(survey_of("resnet50").trace).largest_batch(10**6, 1, training=True) == 0


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
@pytest.mark.parametrize("parts", ["stem", "stage 1-4", "stem,stage 1-4", "stem,stage 1-4,head"])
def test_a_step_needs_what_a_forward_needs(name, parts):
    survey = survey_of(name)
    trace = frozen(survey.trace, parameters_of(survey, parts))
    found = memory.of(trace)
    assert found.training >= found.inference
    batches = [found.largest_batch(2**33, 1, training=training) for training in (True, False)]
    assert batches[0] <= batches[1]
