"""What autograd saves of a forward pass for the backward pass.

The rules are those of PyTorch's `derivatives.yaml`: a linear layer saves its input if its weight is
trained, a convolution and a norm always; relu and its like save their result, a max-pool its
input and the place of each maximum, a product each factor that the gradient of another needs.
Weights and the network's input are not counted, nor is what an unknown step saves, so that with one
the sum is the least that it can be. Under autocast a layer saves what it cast: its input and its
weight in the type that it computes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.analysis.cost import attention
from resnet_inspect.analysis.cost.gradients import Wanted, reads, trainable_parameters, wanted
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
    Reshape,
)
from resnet_inspect.traces.tensors import Port

INDEX_BYTES = 8
"""A max-pool remembers the place of each maximum as an int64."""

_BY_RESULT = frozenset({"relu", "sigmoid", "tanh", "softmax", "log_softmax", "elu", "selu", "celu"})
"""Nonlinearities whose gradient needs their result; that of the others needs their input."""
_PRODUCTS = frozenset({"mul", "div"})
_BOTH_INPUTS = frozenset({"pow", "minimum", "maximum", "where"})


@dataclass(frozen=True, slots=True)
class Saved:
    """What one step saves for its gradient."""

    call: int
    activations: tuple[int, ...]
    """Those that are kept; memory that steps share is kept once."""
    beside: int
    """Bytes of tensors that no other call sees: places of maxima, statistics, what was cast."""


def of(trace: Trace) -> tuple[Saved, ...]:
    """What is saved where a gradient is wanted: from the first trainable weight on."""
    given = {trace.activations[port.activation].storage for port in trace.inputs}
    trainable = trainable_parameters(trace)
    cast: set[str] = set()
    wants: set[int] = set()
    found = []
    for step in wanted(trace):
        call = trace.calls[step.call]
        nbytes = _beside(trace, call)
        ports = list(_ports(call, step, wants))
        wants.update(port.activation for port in call.outputs)
        if _is_cast(trace, call):
            made = trace.spec(call.outputs[0]).itemsize
            names = [n for n in dict.fromkeys(reads(trace, call)) if n not in cast]
            cast.update(names)
            nbytes += sum(trainable[n].tensor.elements * made for n in names if n in trainable)
            if trace.spec(call.inputs[0]).itemsize != made:
                nbytes += trace.spec(call.inputs[0]).elements * made
                ports = ports[1:]
        kept = dict.fromkeys(
            port.activation
            for port in ports
            if trace.activations[port.activation].storage not in given
        )
        found.append(Saved(call.index, tuple(kept), nbytes))
    return tuple(found)


def _is_cast(trace: Trace, call: Call) -> bool:
    """Whether autocast computes a step in another type than that of its weights."""
    if not isinstance(call.op, Conv | Linear) or not call.outputs or not call.inputs:
        return False
    made = trace.spec(call.outputs[0])
    module = trace.module_at[call.module] if call.module is not None else None
    held = [own.tensor for own in module.parameters] if module is not None else []
    return any(tensor.dtype != made.dtype for tensor in held if tensor.dtype.startswith("float"))


def _ports(call: Call, step: Wanted, wants: set[int]) -> Iterator[Port]:
    """The tensors of a step that autograd keeps for its gradient."""
    match call.op:
        case Linear():
            yield from call.inputs[: 1 if step.weights else 0]
        case Conv():
            yield from call.inputs[:1]
        case Norm() | Pool() | AdaptivePool(kind="max"):
            yield from call.inputs[:1]
        case AdaptivePool(output_size=sizes):
            if any(size != 1 for size in sizes):  # to 1×1 it is a mean, which keeps nothing
                yield from call.inputs[:1]
        case Activate(name=name):
            yield from call.outputs if name in _BY_RESULT else call.inputs
        case Elementwise(name=name) if name in _PRODUCTS:
            yield from _factors(call, wants)
        case Elementwise(name=name) if name in _BOTH_INPUTS:
            yield from call.inputs
        case MatMul():
            yield from _factors(call, wants)
        case Reduce(name="amax" | "amin" | "var" | "std" | "norm"):
            yield from call.inputs
        case Reshape(border="reflect" | "replicate"):
            yield from call.inputs[:1]
        case Attention():
            yield from call.inputs if step.weights else ()
        case Recurrent():
            yield from (*call.inputs, *call.outputs)
        case _:
            return


def _factors(call: Call, wants: set[int]) -> Iterator[Port]:
    """The factors whose product wants the gradient of another; a parameter is one, and trained."""
    for port in call.inputs:
        others = [other.activation for other in call.inputs if other is not port]
        if call.reads or not wants.isdisjoint(others):
            yield port


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
        case Attention():
            return attention.kept(trace, call, call.op)
        case _:
            return 0
