"""From residual sums to blocks: their kinds, and which sums are of the head or of a gate."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resnet_inspect.analysis.structure.residual.compounds import encoder_layers, one_after_another
from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.holders import with_modules
from resnet_inspect.analysis.structure.residual.layers import is_filling, is_wide
from resnet_inspect.analysis.structure.residual.parts import Adapter, Block, BlockKind
from resnet_inspect.analysis.structure.residual.ways import Sum
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Reshape


def find(
    trace: Trace, flow: Flow, found: Sequence[Sum], adapters: Sequence[Adapter]
) -> list[Block]:
    """The blocks of these sums, in order."""
    layers = {step for adapter in adapters for step in adapter.layer}
    beside = {step for adapter in adapters for step in adapter.beside}
    made = [_block(trace, total, layers, beside) for total in found]
    if any(_rank(trace, block) > 2 for block in made):
        # Beside feature maps, a sum of vectors is of the head, or of a gate.
        made = [block for block in made if _rank(trace, block) > 2]
    made = list(one_after_another(trace, made))
    return with_modules(trace, list(encoder_layers(trace, flow, made)))


def _rank(trace: Trace, block: Block) -> int:
    return len(trace.activations[block.fork].tensor.shape)


def _block(trace: Trace, candidate: Sum, layers: Collection[int], beside: Collection[int]) -> Block:
    """The block of a sum; of a layer with an adapter, the layer alone is looked at for its kind."""
    chain = sorted({*candidate.chain, *(s for s in candidate.carried if s in layers)})
    return Block(
        kind=_kind(trace, [s for s in candidate.branch if s not in beside], chain),
        shortcut="projection" if candidate.projects else "identity",
        path=trace.calls[candidate.add].path,
        call=None,
        add=candidate.add,
        fork=candidate.fork,
        input=candidate.fork,
        output=candidate.output,
        branch=candidate.branch,
        bypass=candidate.bypass,
        zero_padded=not candidate.projects
        and any(_adds_zeros(trace, step) for step in candidate.bypass),
        first=min((*candidate.branch, *candidate.bypass)),
        last=candidate.add,
    )


def _adds_zeros(trace: Trace, step: int) -> bool:
    """Whether a step fills up the planes: a pad of the second dimension, or zeros to be joined."""
    call = trace.calls[step]
    if isinstance(call.op, Reshape) and call.op.name == "pad":
        return trace.spec(call.inputs[0]).shape[1:2] != trace.spec(call.outputs[0]).shape[1:2]
    return is_filling(trace, step)


def _kind(trace: Trace, branch: Sequence[int], chain: Sequence[int]) -> BlockKind:
    in_a_row = [op for op in (trace.calls[s].op for s in chain) if isinstance(op, Conv)]
    anywhere = [op for op in (trace.calls[s].op for s in branch) if isinstance(op, Conv)]
    if len(in_a_row) < 2:
        return "residual"
    first, last = is_wide(in_a_row[0]), is_wide(in_a_row[-1])
    if first and last:
        return "basic"
    if not first and not last and any(is_wide(op) for op in anywhere):
        return "bottleneck"
    return "residual"
