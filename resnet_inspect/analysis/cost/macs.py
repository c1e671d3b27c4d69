"""Multiply-accumulates of a training step.

A product of an activation with a weight has two products of the same size in its backward pass: one
for the gradient of the activation, one for that of the weight. Each is left out where nothing
behind it can be trained. What a checkpoint runs again is counted again.
"""

from __future__ import annotations

from resnet_inspect.analysis.cost import saved_tensors
from resnet_inspect.analysis.cost.gradients import wanted
from resnet_inspect.analysis.cost.schedule import Schedule
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import MatMul


def training_macs(survey: Survey) -> int:
    """Those of a forward and a backward pass; partial where the forward's are."""
    trace, backward = survey.trace, 0
    for step in wanted(trace):
        macs = _macs(survey, step.call)
        if isinstance(trace.calls[step.call].op, MatMul):
            backward += macs * (step.inputs + step.weights)
        else:
            backward += macs * ((step.inputs > 0) + (step.weights > 0))
    again = sum(_macs(survey, index) for index in Schedule(trace, saved_tensors.of(trace)).again)
    return survey.totals.macs + backward + again


def _macs(survey: Survey, step: int) -> int:
    return survey.amounts(step, survey.trace.last_descendant[step]).macs
