"""Residual sums and the ways to them, as values, and what their layers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Attention,
    Conv,
    Create,
    Join,
    Linear,
    MatMul,
    Op,
    Recurrent,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of two ways that part at one tensor."""

    add: int
    """The step that adds them."""
    fork: int
    """The activation at which they part."""
    output: int
    """The activation that it gives."""
    branch: tuple[int, ...]
    """Steps of the branch, in order, with those that make what else it takes."""
    chain: tuple[int, ...]
    """Steps that every way through the branch takes, in order."""
    bypass: tuple[int, ...]
    """Steps of the shortcut, in order."""
    carried: tuple[int, ...]
    """The steps of the branch that what the fork gives comes to."""
    projects: bool
    """Whether weights lie on the shortcut."""
    returns: bool
    """Whether every way through the branch is made larger, and the shortcut is not."""
    linear: bool
    """Whether nothing nonlinear lies on either way."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Layers beside a layer, of the same input, whose sum is taken for what that layer gives."""

    add: int
    """The step that adds the two."""
    layer: tuple[int, ...]
    """Steps of the layer itself, in order."""
    beside: tuple[int, ...]
    """Steps of what stands beside it, in order."""


def is_weighted(op: Op) -> bool:
    """Whether an op multiplies by learned weights (or may, being unknown)."""
    return isinstance(op, Conv | Linear | Attention | Recurrent | MatMul | Unknown)


def is_wide(op: Conv) -> bool:
    """Whether a convolution takes more than one position."""
    return any(size > 1 for size in op.window.kernel_size)


def is_filling(trace: Trace, step: int) -> bool:
    """Whether a step creates what is only put beside other planes."""
    call = trace.calls[step]
    takers = [t for port in call.outputs for t in trace.consumers.get(port.activation, ())]
    return isinstance(call.op, Create) and all(isinstance(trace.calls[t].op, Join) for t in takers)


def has_wide(trace: Trace, way: Sequence[int]) -> bool:
    """Whether a convolution on a way takes more than one position."""
    ops = (trace.calls[step].op for step in way)
    return any(isinstance(op, Conv) and is_wide(op) for op in ops)
