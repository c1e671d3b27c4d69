"""What a network needs to run and to be trained: a model of memory, stated with its rules.

Inference holds the weights and, at its fullest moment, the activations that are alive then. A
tensor lives from the call that makes it to the last that takes it; a call's inputs live until it
returns, because its caller holds them.

Training holds the weights, a gradient for each trainable one, what the optimizer keeps, and what
the backward pass will need of the forward pass. The rules of what autograd saves are those of
PyTorch's `derivatives.yaml`: a convolution, a norm and a linear layer save their input, relu and
its like their result, a max-pool its input and the place of each maximum. Memory that is shared
is counted once.

Not in the model: what a convolution algorithm or the allocator needs beside it, and gradients of
activations, which come and go during the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Elementwise,
    Linear,
    MatMul,
    Norm,
    Pool,
    Recurrent,
    Reduce,
    Unknown,
)
from resnet_inspect.traces.tensors import Port

Optimizer = Literal["sgd", "momentum", "adam"]

KEPT: dict[Optimizer, int] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimizer keeps for each trainable parameter."""

INDEX_BYTES = 8
"""A max-pool remembers the place of each maximum as an int64."""

_BY_RESULT = frozenset({"relu", "sigmoid", "tanh", "softmax", "log_softmax", "elu", "selu", "celu"})
"""Nonlinearities whose gradient needs their result; that of the others needs their input."""
_BOTH_INPUTS = frozenset({"mul", "div", "pow", "minimum", "maximum", "where"})


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
    peak: int
    """Activations alive at the fullest moment of a forward pass without gradients."""
    input: int

    @property
    def inference(self) -> int:
        """Weights, buffers, the input and the activations alive at once."""
        return self.parameters + self.buffers + self.input + self.peak

    @property
    def training(self) -> int:
        """What is held at the end of the forward pass, where a training step is fullest."""
        return self._fixed_in_training + self.input + self.saved

    @property
    def _fixed_in_training(self) -> int:
        return self.parameters + self.buffers + self.gradients + self.optimizer

    def at(self, batch: int, traced: int) -> Memory:
        """What a batch of that many needs, where these figures are of a batch of `traced`."""
        grown = {
            name: getattr(self, name) * batch // max(1, traced)
            for name in ("saved", "peak", "input")
        }
        return replace(self, **grown)

    def largest_batch(self, nbytes: int, traced: int, *, training: bool) -> int:
        """The largest batch that fits into so much memory; 0 if not even one sample does.

        `traced` is the batch that these figures are of; what depends on it grows with it.
        """
        if training:
            fixed, growing = self._fixed_in_training, self.input + self.saved
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
    return Memory(
        parameters=held.nbytes,
        buffers=parameters.buffers_of_network(trace).nbytes,
        gradients=trainable,
        optimizer=KEPT[optimizer] * trainable,
        saved=sum(saved_for_backward(trace)),
        peak=peak(trace),
        input=_input_bytes(trace),
    )


def peak(trace: Trace) -> int:
    """Bytes of activations alive at the fullest moment of the forward pass, without gradients.

    The network's input is not among them. Nothing is assumed to be recomputed or freed early.
    """
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
    change = [0] * (len(trace.calls) + 2)
    for storage, index in born.items():
        change[index] += size[storage]
        change[dies[storage] + 1] -= size[storage]
    most = now = 0
    for step in change:
        now += step
        most = max(most, now)
    return most


def saved_for_backward(trace: Trace) -> tuple[int, ...]:
    """For each call, bytes that it is the first to keep for the backward pass.

    Only where a gradient is wanted: behind the first trainable weight. Weights, which are kept
    too, and the network's input are not counted.
    """
    trainable = _trainable(trace)
    wants: set[int] = set()
    kept = {trace.activations[port.activation].storage for port in trace.inputs}
    found = [0] * len(trace.calls)
    for index in trace.steps:
        call = trace.calls[index]
        wanted = any(port.activation in wants for port in call.inputs)
        if not wanted and trainable.isdisjoint(_reads(trace, call)):
            continue
        wants.update(port.activation for port in call.outputs)
        for port in _saved(call):
            activation = trace.activations[port.activation]
            if activation.storage not in kept:
                kept.add(activation.storage)
                found[index] += activation.tensor.nbytes
        found[index] += _beside(trace, call)
    return tuple(found)


def _saved(call: Call) -> Iterator[Port]:
    """The tensors of a step that autograd keeps for its gradient."""
    match call.op:
        case Conv() | Norm() | Linear() | Pool() | AdaptivePool(kind="max"):
            yield from call.inputs[:1]
        case AdaptivePool(output_size=sizes):
            if any(size != 1 for size in sizes):  # to 1×1 it is a mean, which keeps nothing
                yield from call.inputs[:1]
        case Activate(name=name):
            yield from call.outputs if name in _BY_RESULT else call.inputs
        case Elementwise(name=name) if name in _BOTH_INPUTS:
            yield from call.inputs
        case MatMul():
            yield from call.inputs
        case Reduce(name="amax" | "amin" | "var" | "std" | "norm"):
            yield from call.inputs
        case Attention() | Recurrent() | Unknown():
            yield from (*call.inputs, *call.outputs)
        case _:
            return


def _beside(trace: Trace, call: Call) -> int:
    """Bytes that a step keeps beside tensors that can be seen: places of maxima, statistics."""
    if not call.outputs or not call.inputs:
        return 0
    made, given = trace.spec(call.outputs[0]), trace.spec(call.inputs[0])
    match call.op:
        case Pool(kind="max") | AdaptivePool(kind="max"):
            return made.elements * INDEX_BYTES
        case Norm(kind="batch", num_features=features):
            return 2 * features * given.itemsize
        case Norm(kind="layer", num_features=elements) if elements:
            return 2 * given.elements // elements * given.itemsize
        case Elementwise(name="dropout"):
            return made.elements
        case _:
            return 0


def _trainable(trace: Trace) -> frozenset[str]:
    """Full names of the parameters that want a gradient."""
    return frozenset(
        join(path, own.name)
        for module in trace.modules
        for own in module.parameters
        if own.trainable
        for path in (module.path, *module.aliases)
    )


def _reads(trace: Trace, call: Call) -> Iterator[str]:
    """Full names of the parameters that a step computes with."""
    yield from call.reads
    if call.module is not None:
        for module in parameters.subtree(trace, call.module):
            yield from (join(module.path, own.name) for own in module.parameters)


def _input_bytes(trace: Trace) -> int:
    return sum(trace.spec(port).nbytes for port in trace.inputs)
