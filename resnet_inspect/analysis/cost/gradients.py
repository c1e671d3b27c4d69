"""Where gradients are wanted: from the first trainable parameter on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.traces.model import Call, Checkpoint, Trace
from resnet_inspect.traces.modules import ParameterSpec, join

Run = tuple[Checkpoint, ...]
"""A checkpoint with those around it, the outermost first; () is outside of all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a step has a gradient for."""

    call: int
    inputs: int
    """How many of its inputs want one."""
    weights: int
    """How many of the parameters that it multiplies with are trainable."""


def wanted(trace: Trace) -> tuple[Wanted, ...]:
    """The steps of the backward pass, in the order of the forward pass.

    A reentrant checkpoint has one only if something that it takes wants a gradient.
    """
    held = trainable_parameters(trace)
    wants: set[int] = set()
    found = []
    taken = _taken_by_reentrant(trace)
    for index in trace.steps:
        call = trace.calls[index]
        if any(wants.isdisjoint(taken[run]) for run in around(call) if run[-1].reentrant):
            continue
        trainable = [held[name] for name in reads(trace, call) if name in held]
        inputs = sum(port.activation in wants for port in call.inputs)
        if not inputs and not trainable:
            continue
        wants.update(port.activation for port in call.outputs)
        weights = sum(len(own.tensor.shape) > 1 for own in trainable)
        found.append(Wanted(index, inputs, weights))
    return tuple(found)


def around(call: Call) -> Iterator[Run]:
    """The checkpoints around a call, each with those around it, the outermost first."""
    for depth in range(1, len(call.checkpoints) + 1):
        yield call.checkpoints[:depth]


def cut(trace: Trace) -> tuple[str, ...]:
    """The first calls of reentrant checkpoints in which nothing is trained that could be.

    They take nothing that wants a gradient, so that none comes back into them.
    """
    held = trainable_parameters(trace)
    trained = {run for step in wanted(trace) for run in around(trace.calls[step.call])}
    found: dict[str, None] = {}
    for index in trace.steps:
        call = trace.calls[index]
        if not held.keys().isdisjoint(reads(trace, call)):
            for run in around(call):
                if run[-1].reentrant and run not in trained:
                    found[trace.calls[run[-1].first].path] = None
    return tuple(found)


def _taken_by_reentrant(trace: Trace) -> dict[Run, set[int]]:
    """The activations from outside that each reentrant checkpoint takes."""
    found: dict[Run, set[int]] = {}
    for call in trace.calls:
        for run in around(call):
            if run[-1].reentrant:
                taken = found.setdefault(run, set())
                for port in call.inputs:
                    maker = trace.producer.get(port.activation)
                    if maker is None or trace.calls[maker].checkpoints[: len(run)] != run:
                        taken.add(port.activation)
    return found


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
