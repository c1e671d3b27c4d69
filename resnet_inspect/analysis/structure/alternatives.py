"""What a residual block could have been instead, and what that would cost, counted exactly.

Two choices that the papers made: three convolutions with a narrow middle or two wide ones, and the
stride of a bottleneck on its first 1×1 convolution (He et al. 2015, called v1) or on the wide one
(Goyal et al. 2017, called v1.5).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from resnet_inspect.analysis.counts.arithmetic.equation import Equation
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Conv, Norm, Pool, same_values
from resnet_inspect.traces.tensors import Activation

# Two wide convolutions, or three with a narrow middle.


@dataclass(frozen=True, slots=True)
class Alternative:
    """The convolutions of a branch as they are, and as they could have been; norms left out."""

    weights: Equation
    macs: int
    other_weights: Equation
    other_macs: int


def convolutions(survey: Survey, block: Block) -> tuple[int, ...]:
    """The calls of the convolutions on a block's branch, in order; none of them computes a gate."""
    calls, of_gates = survey.trace.calls, survey.of_gates
    return tuple(
        step for step in block.branch if isinstance(calls[step].op, Conv) and step not in of_gates
    )


def two_wide(survey: Survey, block: Block) -> Alternative | None:
    """A bottleneck of three convolutions, and two wide ones between the same shapes."""
    ops = _ops(survey, block)
    if block.kind != "bottleneck" or len(ops) != 3:
        return None
    taps, width = ops[1].window.kernel_size, ops[-1].out_channels
    return _alternative(survey, block, ((ops[0].in_channels, width, taps), (width, width, taps)))


def narrowed(survey: Survey, block: Block) -> Alternative | None:
    """A basic block of two convolutions, and a bottleneck of a quarter of its width."""
    ops = _ops(survey, block)
    if block.kind != "basic" or len(ops) != 2 or ops[-1].out_channels % 4:
        return None
    # With a stride, it would matter which of its convolutions sees the larger map.
    if any(set(op.window.stride) != {1} for op in ops):
        return None
    width, taps = ops[-1].out_channels, ops[-1].window.kernel_size
    narrow, point = width // 4, (1,) * len(taps)
    wanted = (ops[0].in_channels, narrow, point), (narrow, narrow, taps), (narrow, width, point)
    return _alternative(survey, block, wanted)


def weight(in_channels: int, out_channels: int, taps: Sequence[int], groups: int = 1) -> Equation:
    """The elements of a convolution's weight: 64·3·7·7; 128·(128/32)·3·3."""
    each = str(in_channels) if groups == 1 else f"({in_channels}/{groups})"
    working = "·".join(map(str, (out_channels, each, *(t for t in taps if set(taps) != {1}))))
    return Equation("weight", working, out_channels * (in_channels // groups) * prod(taps))


def _alternative(
    survey: Survey, block: Block, others: Sequence[tuple[int, int, tuple[int, ...]]]
) -> Alternative:
    """The other convolutions all give maps of the size that the block gives."""
    ops, steps = _ops(survey, block), convolutions(survey, block)
    made = survey.trace.spec(survey.trace.calls[block.add].outputs[0]).elements
    own = [weight(op.in_channels, op.out_channels, op.window.kernel_size, op.groups) for op in ops]
    other = [weight(*numbers) for numbers in others]
    return Alternative(
        weights=_sum(own),
        macs=sum(survey.macs[step] or 0 for step in steps),
        other_weights=_sum(other),
        other_macs=sum(equation.value for equation in other) * (made // ops[-1].out_channels),
    )


def _sum(equations: Sequence[Equation]) -> Equation:
    workings = [equation.working for equation in equations]
    alike = len(workings) > 1 and len(set(workings)) == 1
    working = f"{len(workings)}·{workings[0]}" if alike else " + ".join(workings)
    return Equation("weights", working, sum(equation.value for equation in equations))


def _ops(survey: Survey, block: Block) -> list[Conv]:
    ops = (survey.trace.calls[step].op for step in convolutions(survey, block))
    return [op for op in ops if isinstance(op, Conv)]


# Where a bottleneck has its stride.

Version = Literal["v1", "v1.5"]


@dataclass(frozen=True, slots=True)
class Stride:
    """Where a bottleneck has its stride."""

    version: Version
    """"v1": on its first 1×1 convolution; "v1.5": on the wide one behind it."""
    first: int
    """The call of the first convolution."""
    wide: int
    """The call of the wide one."""

    @property
    def at(self) -> int:
        """The call that has the stride."""
        return self.first if self.version == "v1" else self.wide


def stride(survey: Survey, block: Block) -> Stride | None:
    """Where a bottleneck has its stride; None without one, or where it is neither of the two.

    Between the two convolutions only norms and activations may lie, and nothing else on the branch
    may have a stride: then the stride can be moved.
    """
    steps, ops = convolutions(survey, block), _ops(survey, block)
    if block.kind != "bottleneck" or len(steps) < 3:
        return None
    calls = survey.trace.calls
    between = (calls[s].op for s in block.branch if steps[0] < s < steps[1])
    if not all(isinstance(op, Norm | Activate) or same_values(op) for op in between):
        return None
    strided = [
        step
        for step in block.branch
        if isinstance(op := calls[step].op, Conv | Pool) and set(op.window.stride) != {1}
    ]
    is_narrow_then_wide = set(ops[0].window.kernel_size) == {1} != set(ops[1].window.kernel_size)
    if not is_narrow_then_wide or len(strided) != 1 or strided[0] not in steps[:2]:
        return None
    return Stride("v1" if strided[0] == steps[0] else "v1.5", steps[0], steps[1])


def version(survey: Survey) -> Version | None:
    """Where the network's bottlenecks have their strides, if all have it at one place."""
    found = {s.version for block in survey.anatomy.blocks if (s := stride(survey, block))}
    return found.pop() if len(found) == 1 else None


def with_strides_moved(survey: Survey, blocks: Collection[Block]) -> Trace | None:
    """The trace as it would be with the stride of these bottlenecks at the other place.

    None if another tensor than those between the two convolutions would change its shape.
    """
    trace = survey.trace
    calls, activations = list(trace.calls), list(trace.activations)
    for block in blocks:
        found = stride(survey, block)
        if found is None:
            return None
        first, wide = calls[found.first], calls[found.wide]
        assert isinstance(first.op, Conv)
        assert isinstance(wide.op, Conv)
        windows = first.op.window, wide.op.window
        first_window = replace(windows[0], stride=windows[1].stride)
        wide_window = replace(windows[1], stride=windows[0].stride)
        size = first_window.output_size(trace.spec(first.inputs[0]).shape[2:])
        if wide_window.output_size(size) != trace.spec(wide.outputs[0]).shape[2:]:
            return None
        calls[found.first] = replace(first, op=replace(first.op, window=first_window))
        calls[found.wide] = replace(wide, op=replace(wide.op, window=wide_window))
        for step in block.branch:
            if found.first <= step < found.wide:
                for port in trace.calls[step].outputs:
                    activations[port.activation] = _resized(activations[port.activation], size)
    ops = {call.module: call.op for call in calls if call.module is not None}
    return replace(
        trace,
        calls=tuple(calls),
        activations=tuple(activations),
        modules=tuple(replace(m, op=ops.get(m.path, m.op)) for m in trace.modules),
    )


def _resized(activation: Activation, size: tuple[int, ...]) -> Activation:
    shape = (*activation.tensor.shape[:2], *size)
    return replace(activation, tensor=replace(activation.tensor, shape=shape))
