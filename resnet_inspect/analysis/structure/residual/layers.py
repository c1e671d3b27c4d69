"""What the layers on a way are: weighted, wide, or zeros that fill up planes."""

from __future__ import annotations

from collections.abc import Sequence

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
