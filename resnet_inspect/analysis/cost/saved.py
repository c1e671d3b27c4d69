"""What autograd saves of a forward pass for the backward pass.

The rules are those of PyTorch's `derivatives.yaml`: a convolution, a norm and a linear layer save
their input, relu and its like their result, a max-pool its input and the place of each maximum.
Memory that is shared is counted once; weights and the network's input are not counted. Under
autocast a layer saves what it cast: its input and its weight in the type that it computes in.

Of a checkpoint (`torch.utils.checkpoint`) only what it takes is kept; the rest is saved when the
backward pass runs it again, one checkpoint at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.cost.gradients import reads, trainable_parameters, wanted
from resnet_inspect.traces.model import Call, Trace
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

INDEX_BYTES = 8
"""A max-pool remembers the place of each maximum as an int64."""

GRADIENTS_BESIDE = 3
"""Gradients alive while a checkpoint is run again, each of the size of its result.

A rough figure, chosen so that two small networks come near what was counted; others differ more."""

_BY_RESULT = frozenset({"relu", "sigmoid", "tanh", "softmax", "log_softmax", "elu", "selu", "celu"})
"""Nonlinearities whose gradient needs their result; that of the others needs their input."""
_BOTH_INPUTS = frozenset({"mul", "div", "pow", "minimum", "maximum", "where"})


@dataclass(frozen=True, slots=True)
class Saved:
    """What is kept from the forward pass on, and what a checkpoint saves once it is run again."""

    storages: dict[int, tuple[int, int]]
    """By storage, the call that is the first to keep it, and its bytes."""
    beside: tuple[tuple[int, int], ...]
    """Calls, with the bytes that they keep in tensors which no other call sees."""
    again: dict[int, int]
    """By the last call of a checkpoint, the bytes that it saves when it is run again."""

    @property
    def most(self) -> int:
        """Bytes saved at the fullest moment: the end of the forward, or a checkpoint run again."""
        amounts = sorted((*self.storages.values(), *self.beside))
        moments = [sum(nbytes for _, nbytes in amounts)]
        for last, inside in self.again.items():
            moments.append(inside + sum(nbytes for index, nbytes in amounts if index <= last))
        return max(moments)


def of(trace: Trace) -> Saved:
    """What is saved where a gradient is wanted: from the first trainable weight on."""
    given = {trace.activations[port.activation].storage for port in trace.inputs}
    last: dict[int, int] = {}
    for call in trace.calls:
        if call.checkpoint is not None:
            last[call.checkpoint] = call.index
    last_step = {
        region: index
        for index in trace.steps
        if (region := trace.calls[index].checkpoint) is not None
    }
    storages: dict[int, tuple[int, int]] = {}
    beside: list[tuple[int, int]] = []
    inside: dict[int, dict[int, int]] = {}
    unseen: dict[int, int] = {}
    trainable = trainable_parameters(trace)
    cast: set[str] = set()
    for step in wanted(trace):
        call = trace.calls[step.call]
        nbytes = _beside(trace, call)
        ports = list(_ports(call))
        if _is_cast(trace, call):
            made = trace.spec(call.outputs[0]).itemsize
            names = [n for n in dict.fromkeys(reads(trace, call)) if n not in cast]
            cast.update(names)
            nbytes += sum(trainable[n].tensor.elements * made for n in names if n in trainable)
            if trace.spec(call.inputs[0]).itemsize != made:
                nbytes += trace.spec(call.inputs[0]).elements * made
                ports = ports[1:]
        region = call.checkpoint
        for port in ports:
            activation = trace.activations[port.activation]
            if activation.storage in given:
                continue
            if region is None:
                storages.setdefault(activation.storage, (call.index, activation.tensor.nbytes))
            else:
                inside.setdefault(region, {})[activation.storage] = activation.tensor.nbytes
        if region is None:
            beside.append((call.index, nbytes))
        else:
            unseen[region] = unseen.get(region, 0) + nbytes
    for index in trace.steps if last else ():
        call = trace.calls[index]
        for port in call.inputs if call.checkpoint is not None else ():
            activation = trace.activations[port.activation]
            maker = trace.producer.get(port.activation)
            if activation.storage in given or maker is None:
                continue
            if trace.calls[maker].checkpoint != call.checkpoint:
                storages.setdefault(activation.storage, (index, activation.tensor.nbytes))
    again = {
        end: unseen.get(region, 0)
        + GRADIENTS_BESIDE
        * sum(trace.spec(port).nbytes for port in trace.calls[last_step[region]].outputs)
        + sum(n for storage, n in inside.get(region, {}).items() if storage not in storages)
        for region, end in last.items()
        if region in inside or region in unseen
    }
    return Saved(storages, tuple(beside), again)


def _is_cast(trace: Trace, call: Call) -> bool:
    """Whether autocast computes a step in another type than that of its weights."""
    if not isinstance(call.op, Conv | Linear) or not call.outputs or not call.inputs:
        return False
    made = trace.spec(call.outputs[0])
    module = trace.module_at[call.module] if call.module is not None else None
    held = [own.tensor for own in module.parameters] if module is not None else []
    return any(tensor.dtype != made.dtype for tensor in held if tensor.dtype.startswith("float"))


def _ports(call: Call) -> Iterator[Port]:
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
