"""Residual sums as values, and the two ways that each adds: their steps, and what those do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.layers import has_wide, is_weighted
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Elementwise,
    MatMul,
    Norm,
    Pool,
    Resample,
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
class Way:
    """A way from a fork to one end of a sum."""

    fork: int
    steps: tuple[int, ...] = ()
    """Its steps, in order, with those that make what else it takes."""
    carried: tuple[int, ...] = ()
    """The steps that what the fork gives comes to."""
    weights: int = 0
    """How many of these are weighted."""
    wide: bool = False
    bends: bool = False
    enlarges: bool = False


def way_to(trace: Trace, flow: Flow, fork: int, end: int, known: Mapping[int, Way]) -> Way:
    """The way from the fork to an end; what leads to a sum that all of it passes is known."""
    below = flow.below(fork, end)
    before = known.get(flow.maker.get(below, -1))
    if before is None or before.fork != fork:
        before, below = Way(fork), fork
    steps = flow.between(below, end)
    carried = flow.carrying(below, steps)
    ops = [trace.calls[step].op for step in carried]
    return Way(
        fork,
        (*before.steps, *steps),
        (*before.carried, *carried),
        before.weights + sum(map(is_weighted, ops)),
        before.wide or has_wide(trace, steps),
        before.bends or any(bends(trace, flow, step) for step in carried),
        before.enlarges or any(enlarges(trace, step) for step in carried),
    )


def joined(trace: Trace, add: int, fork: int, branch: Way, bypass: Way) -> Way:
    """The way from the fork to what a sum gives."""
    steps, carried = (*branch.steps, add), (*branch.carried, add)
    if bypass.steps:
        steps = tuple(sorted({*steps, *bypass.steps}))
        carried = tuple(sorted({*carried, *bypass.carried}))
    return Way(
        fork,
        steps,
        carried,
        sum(is_weighted(trace.calls[step].op) for step in carried)
        if bypass.steps
        else branch.weights,
        branch.wide or bypass.wide,
        branch.bends or bypass.bends,
        branch.enlarges or bypass.enlarges,
    )


def weighs_more(trace: Trace, branch: Way, bypass: Way) -> bool:
    """Whether of two ways with equally many weighted layers the branch is what learns.

    With one each it is if it alone is wide; without any, if it pools what it has normed, and
    nothing is done on the other.
    """
    if branch.weights == 1:
        return branch.wide > has_wide(trace, bypass.steps)
    ops = [trace.calls[step].op for step in branch.steps]
    pools = any(isinstance(op, Pool) for op in ops) and any(isinstance(op, Norm) for op in ops)
    return branch.weights == 0 and pools and not bypass.steps


def enlarges(trace: Trace, step: int) -> bool:
    """Whether a step makes a map larger, as a decoder does."""
    call = trace.calls[step]
    resizes = isinstance(call.op, Resample) or (isinstance(call.op, Conv) and call.op.transposed)
    if not resizes or not call.inputs or not call.outputs:
        return False
    before, after = (trace.spec(ports[0]).shape for ports in (call.inputs, call.outputs))
    return len(before) != len(after) or any(
        a > b for b, a in zip(before[2:], after[2:], strict=True)
    )


def is_enlarged(trace: Trace, flow: Flow, fork: int, end: int, way: Sequence[int]) -> bool:
    """Whether every way from the fork to the end passes a step that makes maps larger."""
    small = [step for step in way if not enlarges(trace, step)]
    return len(small) < len(way) and flow.maker.get(end) not in flow.carrying(fork, small)


def bends(trace: Trace, flow: Flow, step: int) -> bool:
    """Whether a step is nonlinear in what comes to it; products are, of two tensors."""
    call = trace.calls[step]
    if isinstance(call.op, Elementwise) and call.op.name in {"mul", "div", "addcmul", "lerp"}:
        return len({port.activation for port in call.inputs} - flow.constants) > 1
    if isinstance(call.op, Pool | AdaptivePool):
        return call.op.kind == "max"
    return isinstance(call.op, Activate | Attention | MatMul | Unknown)
