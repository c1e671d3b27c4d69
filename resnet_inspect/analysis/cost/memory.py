"""What a network needs to run and to be trained: a model of memory, stated with its rules.

Inference holds the weights and, at its fullest moment, the activations that are alive then. A
tensor lives from the call that makes it to the last that takes it; a call's inputs live until it
returns, because its caller holds them.

Training holds the weights, a gradient for each trainable one, what the optimizer keeps, and the
activations and gradients of activations at the fullest moment of a step (`step`): never less than
inference.

Not in the model: what a convolution algorithm or the allocator needs beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from resnet_inspect.analysis.cost import attention, lifetimes, step
from resnet_inspect.analysis.counts import parameters
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Attention

Optimizer = Literal["sgd", "momentum", "adam", "adamw"]

KEPT: dict[Optimizer, int] = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}
"""Numbers that an optimizer keeps for each trainable parameter."""

UNLIKE: tuple[Optimizer, ...] = ("sgd", "momentum", "adam")
"""One for each of these numbers, for what sets optimizers side by side."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a network needs, part by part."""

    parameters: int
    buffers: int
    gradients: int
    """One number for each trainable parameter, of its own type."""
    optimizer: int
    saved: int
    """What the backward pass needs of the forward pass, beside the weights and the input."""
    held: int
    """Activations and their gradients at the fullest moment of a training step."""
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
    training = step.of(trace)
    return Memory(
        parameters=held.nbytes,
        buffers=parameters.buffers_of_network(trace).nbytes,
        gradients=trainable,
        optimizer=KEPT[optimizer] * trainable,
        saved=training.saved,
        held=training.held,
        peak=peak(trace),
        input=_input_bytes(trace),
    )


def peak(trace: Trace) -> int:
    """Bytes of activations alive at the fullest moment of the forward pass, without gradients.

    The network's input is not among them. Nothing is assumed to be recomputed or freed early.
    """
    spans = [lifetimes.Span(one.born, one.dies, one.nbytes) for one in lifetimes.of(trace).values()]
    for index in trace.steps:
        call = trace.calls[index]
        if isinstance(call.op, Attention):
            spans.append(lifetimes.Span(index, index, attention.at_work(trace, call, call.op)))
    return lifetimes.fullest(spans)


def _input_bytes(trace: Trace) -> int:
    return sum(trace.spec(port).nbytes for port in trace.inputs)
