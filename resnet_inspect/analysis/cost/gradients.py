"""Where gradients are wanted, and the multiply-accumulates of a training step.

Gradients are wanted from the first trainable parameter on. A product of an activation with a
weight has two products of the same size in its backward pass: one for the gradient of the
activation, one for that of the weight. Each is left out where nothing behind it can be trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ParameterSpec, join
from resnet_inspect.traces.ops import MatMul


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a step has a gradient for."""

    call: int
    inputs: int
    """How many of its inputs want one."""
    weights: int
    """How many of the parameters that it multiplies with are trainable."""


def wanted(trace: Trace) -> tuple[Wanted, ...]:
    """The steps of the backward pass, in the order of the forward pass."""
    held = trainable_parameters(trace)
    wants: set[int] = set()
    found = []
    for index in trace.steps:
        call = trace.calls[index]
        trainable = [held[name] for name in reads(trace, call) if name in held]
        inputs = sum(port.activation in wants for port in call.inputs)
        if not inputs and not trainable:
            continue
        wants.update(port.activation for port in call.outputs)
        weights = sum(len(own.tensor.shape) > 1 for own in trainable)
        found.append(Wanted(index, inputs, weights))
    return tuple(found)


def training_macs(survey: Survey) -> int:
    """Multiply-accumulates of a forward and a backward pass; partial where the forward's are."""
    trace, backward = survey.trace, 0
    for step in wanted(trace):
        macs = survey.amounts(step.call, trace.last_descendant[step.call]).macs
        if isinstance(trace.calls[step.call].op, MatMul):
            backward += macs * (step.inputs + step.weights)
        else:
            backward += macs * ((step.inputs > 0) + (step.weights > 0))
    return survey.totals.macs + backward


def reads(trace: Trace, call: Call) -> Iterator[str]:
    """Full names of the parameters that a step computes with."""
    yield from call.reads
    if call.module is not None:
        for module in parameters.subtree(trace, call.module):
            yield from (join(module.path, own.name) for own in module.parameters)


def trainable_parameters(trace: Trace) -> dict[str, ParameterSpec]:
    """The parameters that want a gradient, by each of their full names."""
    return {
        join(path, own.name): own
        for module in trace.modules
        for own in module.parameters
        if own.trainable
        for path in (module.path, *module.aliases)
    }
