"""Multiply-accumulates of a training step, against the FLOPs that torch counts."""

from __future__ import annotations

import pytest
from checkpointed_networks import Blocks
from real_steps import FROZEN, flops, freeze, traced

from resnet_inspect.analysis.cost import macs
from resnet_inspect.analysis.structure import freezing
from resnet_inspect.analysis.structure.survey import Survey


@pytest.mark.parametrize("frozen", FROZEN)
def test_macs_of_a_step_are_those_that_a_real_backward_makes(frozen):
    model = Blocks()
    survey = Survey(traced(model))
    names = freezing.parameters_of(survey, FROZEN[frozen]) if FROZEN[frozen] else frozenset()
    freeze(model, names)
    asked = macs.training_macs(Survey(freezing.frozen(survey.trace, names)))
    assert 2 * asked == flops(model)
