"""What a network needs to run and to be trained: a model of memory, stated with its rules.

Inference holds the weights and, at its fullest moment, the activations that are alive then. A
tensor lives from the call that makes it to the last that takes it; a call's inputs live until it
returns, because its caller holds them.

Training holds the weights, a gradient for each trainable one, what the optimizer keeps, and, at
its fullest moment, what the backward pass will need of the forward pass (`saved`) with the
activations that are alive then: never less than inference.

Not in the model: what a convolution algorithm or the allocator needs beside it, and gradients of
activations, which come and go during the backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from resnet_inspect.analysis.cost import saved
from resnet_inspect.analysis.cost.saved import Saved
from resnet_inspect.analysis.counts import parameters
from resnet_inspect.traces.model import Trace

Optimizer = Literal["sgd", "momentum", "adam"]

KEPT: dict[Optimizer, int] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimizer keeps for each trainable parameter."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a network needs, part by part."""

    parameters: int
    buffers: int
    gradients: int
    """One number for each trainable parameter, of its own type."""
    optimizer: int
    saved: int
    """What the backward pass needs of the forward pass, beside the weights and the input, at the
    fullest moment if it runs checkpoints again."""
    held: int
    """Activations at the fullest moment of a training step: what is saved, and what is alive."""
    peak: int
    """Activations alive at the fullest moment of a forward pass without gradients."""
    input: int

    @property
    def inference(self) -> int:
        """Weights, buffers, the input and the activations alive at once."""
        return self.parameters + self.buffers + self.input + self.peak

    @property
    def training(self) -> int:
        """What is held at the fullest moment of a training step; at least `inference`."""
        return self._fixed_in_training + self.input + self.held

    @property
    def _fixed_in_training(self) -> int:
        return self.parameters + self.buffers + self.gradients + self.optimizer

    def at(self, batch: int, traced: int) -> Memory:
        """What a batch of that many needs, where these figures are of a batch of `traced`."""
        grown = {
            name: getattr(self, name) * batch // max(1, traced)
            for name in ("saved", "held", "peak", "input")
        }
        return replace(self, **grown)

    def largest_batch(self, nbytes: int, traced: int, *, training: bool) -> int:
        """The largest batch that fits into so much memory; 0 if not even one sample does.

        `traced` is the batch that these figures are of; what depends on it grows with it.
        """
        if training:
            fixed, growing = self._fixed_in_training, self.input + self.held
        else:
            fixed, growing = self.parameters + self.buffers, self.input + self.peak
        if nbytes <= fixed:
            return 0
        return (nbytes - fixed) * traced // growing if growing else 0


def of(trace: Trace, optimizer: Optimizer = "sgd") -> Memory:
    """What a traced network needs, for the traced input."""
    held = parameters.of_network(trace)
    trainable = sum(
        own.tensor.nbytes
        for module in trace.modules
        for own in module.parameters
        if own.trainable and own.same_as is None
    )
    kept = saved.of(trace)
    return Memory(
        parameters=held.nbytes,
        buffers=parameters.buffers_of_network(trace).nbytes,
        gradients=trainable,
        optimizer=KEPT[optimizer] * trainable,
        saved=kept.most,
        held=held_in_training(trace, kept),
        peak=peak(trace),
        input=_input_bytes(trace),
    )


def peak(trace: Trace) -> int:
    """Bytes of activations alive at the fullest moment of the forward pass, without gradients.

    The network's input is not among them. Nothing is assumed to be recomputed or freed early.
    """
    return _most(trace)


def held_in_training(trace: Trace, kept: Saved) -> int:
    """Bytes of activations at the fullest moment of a training step.

    That is within the forward pass, or in the backward pass while a checkpoint is run again.
    """
    return max(_most(trace, kept), kept.most)


def _most(trace: Trace, kept: Saved | None = None) -> int:
    """The bytes alive at the fullest moment, if what is `kept` stays until the end."""
    given = {trace.activations[port.activation].storage for port in trace.inputs}
    born: dict[int, int] = {}
    size: dict[int, int] = {}
    for activation, index in trace.producer.items():
        found = trace.activations[activation]
        if found.storage not in given:
            born[found.storage] = min(born.get(found.storage, index), index)
            size[found.storage] = max(size.get(found.storage, 0), found.tensor.nbytes)
    dies = dict(born)
    for call in trace.calls:
        last = trace.last_descendant[call.index]
        for port in (*call.inputs, *call.outputs):
            storage = trace.activations[port.activation].storage
            if storage in born:
                dies[storage] = max(dies[storage], last if port in call.inputs else call.index)
    for port in trace.outputs:
        storage = trace.activations[port.activation].storage
        if storage in dies:
            dies[storage] = len(trace.calls)
    for storage in kept.storages if kept else ():
        if storage in dies:
            dies[storage] = len(trace.calls)
    change = [0] * (len(trace.calls) + 2)
    for storage, index in born.items():
        change[index] += size[storage]
        change[dies[storage] + 1] -= size[storage]
    for index, nbytes in kept.beside if kept else ():
        change[index] += nbytes
    most = now = 0
    for step in change:
        now += step
        most = max(most, now)
    return most


def _input_bytes(trace: Trace) -> int:
    return sum(trace.spec(port).nbytes for port in trace.inputs)
