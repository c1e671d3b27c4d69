"""From residual sums to blocks: their kinds, the modules that hold them, sums that are one block.

An encoder layer of a transformer adds twice, what attention gives and what a feed-forward gives; it
is one block. Which sums are one, docs/decisions/0014-blocks.md says.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.parts import Block, BlockKind
from resnet_inspect.analysis.structure.residual.ways import (
    Adapter,
    Sum,
    is_filling,
    is_weighted,
    is_wide,
)
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Conv,
    Join,
    Linear,
    MatMul,
    Norm,
    Reshape,
    same_values,
)


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
    return _with_modules(trace, list(_layers(trace, flow, list(_one_after_another(trace, made)))))


def how_many(ordered: Sequence[int], first: int, last: int) -> int:
    """How many of these ordered indexes lie between `first` and `last`, both included."""
    return bisect_right(ordered, last) - bisect_left(ordered, first)


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


# Several sums that are one block.


def _one_after_another(trace: Trace, blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks, those that begin before the one before them has ended as sums of that one.

    Streams that feed each other within a block (an octave convolution's) have a sum each; one that
    other code makes is left out.
    """
    together: list[Block] = []
    end = -1
    for block in blocks:
        if together and block.first > max(one.last for one in together):
            end = max(one.last for one in together)
            yield _joined(trace, together, together[0])
            together = []
        if block.first <= end:
            continue
        codes = {trace.calls[one.add].parent for one in (*together, block)}
        if len(codes) == 1:
            together.append(block)
    if together:
        yield _joined(trace, together, together[0])


def _layers(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks, with those that are an encoder layer's sums as one."""
    kinds = [_mixing(trace, flow, block) for block in blocks]
    start = 0
    while start < len(blocks):
        end = _of_one_module(trace, flow, blocks, kinds, start)
        end = end or _attention_first(trace, flow, blocks, kinds, start)
        if end is None:
            yield blocks[start]
            start += 1
            continue
        yield _joined(trace, blocks[start:end], blocks[end - 1], kinds[start:end])
        start = end


def _of_one_module(
    trace: Trace, flow: Flow, blocks: Sequence[Block], kinds: Sequence[str], start: int
) -> int | None:
    """The end of the sums that a module makes, if they are those of an encoder layer.

    They are if its own code makes several, one of them the only one of attention, or if it adds a
    feed-forward to the only other one, which mixes positions (a pool, a convolution, layers over
    positions).
    """
    code = trace.calls[blocks[start].add].parent
    while code:
        last = trace.last_descendant[code]
        if start and blocks[start - 1].last >= code:
            return None
        end = bisect_right(blocks, last, lo=start, hi=min(start + _MOST, len(blocks)), key=_add)
        if end == start + _MOST:
            return None
        inside = kinds[start:end]
        own = [i for i in range(start, end) if trace.calls[blocks[i].add].parent == code]
        attention = [i for i in range(start, end) if kinds[i] == "attends"]
        is_layer = len(own) > 1 and len(attention) == 1 and attention[0] in own
        is_pair = own[-1:] == [end - 1] and tuple(inside) in _PAIRS
        if is_layer or is_pair:
            chained = all(flow.reaches(a.output, b.fork) for a, b in pairwise(blocks[start:end]))
            return end if chained else None
        code = trace.calls[code].parent
    return None


_add = attrgetter("add")
_MOST = 9
"""More sums than an encoder layer has."""
_FEEDS, _LOOKS = "feeds", "feeds and looks around"
_PAIRS = {("mixes", _FEEDS), ("mixes", _LOOKS), (_LOOKS, _FEEDS)}


def _attention_first(
    trace: Trace, flow: Flow, blocks: Sequence[Block], kinds: Sequence[str], start: int
) -> int | None:
    """The end of the sums of attention that one code makes, with the feed-forward behind them."""
    end, code = start, trace.calls[blocks[start].add].parent
    while end < len(blocks) and kinds[end] == "attends":
        if trace.calls[blocks[end].add].parent != code:
            return None
        end += 1
    if end == start or end == len(blocks):
        return None
    together = blocks[start : end + 1]
    is_own = trace.calls[blocks[end].add].parent == code
    is_last = kinds[end] == _FEEDS or (kinds[end] == _LOOKS and is_own)
    if not is_last or not all(_follows(trace, flow, a, b) for a, b in pairwise(together)):
        return None
    return end + 1


def _mixing(trace: Trace, flow: Flow, block: Block) -> str:
    """What a sum's branch does to positions: "attends", "feeds" each by itself, or "mixes" them.

    It feeds and looks around if depthwise convolutions stand between pointwise layers.
    """
    calls = [trace.calls[step] for step in block.branch]
    for call in calls:
        taken = {port.activation for port in call.inputs} - flow.constants
        if isinstance(call.op, Attention) or (isinstance(call.op, MatMul) and len(taken) > 1):
            return "attends"
    weighted = [call for call in calls if is_weighted(call.op)]
    shape = trace.activations[block.fork].tensor.shape
    if len(weighted) < 2 or not _is_over_channels(weighted[0].op, shape):
        return "mixes"
    wide = [call.op for call in weighted if isinstance(call.op, Conv) and is_wide(call.op)]
    if not all(isinstance(call.op, Linear | Conv) for call in weighted):
        return "mixes"
    if not wide:
        return _FEEDS
    return _LOOKS if all(op.groups == op.in_channels for op in wide) else "mixes"


def _is_over_channels(op: object, shape: Sequence[int]) -> bool:
    """Whether a layer is a pointwise one that takes the channels of a map or of tokens."""
    if isinstance(op, Conv):
        return not is_wide(op)
    last = (shape[-1],) if len(shape) == 3 else (shape[1], shape[-1])
    return isinstance(op, Linear) and op.in_features in last


def _follows(trace: Trace, flow: Flow, before: Block, after: Block) -> bool:
    """Whether a sum takes what the one before gives, with no weighted layer between them."""
    if not flow.passes(before.output, after.fork):
        return False
    between = flow.chain(before.output, after.fork)
    return not any(is_weighted(trace.calls[step].op) for step in between)


def _joined(
    trace: Trace, together: Sequence[Block], main: Block, kinds: Collection[str] = ()
) -> Block:
    """Several sums as one block, that gives what the main one gives."""
    if len(together) == 1:
        return together[0]
    parts = [
        replace(part, output=_applied_after(trace, part, following.first - 1))
        for part, following in pairwise(together)
    ]
    parts.append(together[-1])
    bypass = {step for part in together for step in part.bypass}
    first, last = min(part.first for part in together), max(part.last for part in together)
    inside = {step for part in together for step in (*part.branch, part.add)} - bypass
    if main is together[-1]:  # one after the other
        inside |= set(trace.steps_within(together[0].add, together[-1].first))
    return Block(
        kind="transformer" if "attends" in kinds else "residual",
        shortcut="projection" if any(p.shortcut == "projection" for p in together) else "identity",
        path=main.path,
        call=None,
        add=main.add,
        fork=together[0].fork,
        input=together[0].input,
        output=main.output,
        branch=tuple(sorted(inside - {main.add})),
        bypass=tuple(sorted(bypass)),
        zero_padded=any(part.zero_padded for part in together),
        first=first,
        last=last,
        sums=tuple(parts),
    )


# The modules that hold them.


def _with_modules(trace: Trace, blocks: list[Block]) -> list[Block]:
    """The blocks with the module calls that hold each of them alone."""
    adds = [block.add for block in blocks]
    return [_placed(trace, block, _smallest_call(trace, block), adds) for block in blocks]


def _placed(trace: Trace, block: Block, call: int | None, adds: Sequence[int]) -> Block:
    """The block with its output, and with the module call that holds it if that holds no other."""
    if call is None or how_many(adds, call, trace.last_descendant[call]) != 1:
        output = _applied_after(trace, block, len(trace.calls) - 1)
        last = max(block.last, trace.producer.get(output, block.add))
        return _giving(replace(block, output=output, last=last))
    last = trace.last_descendant[call]
    given = trace.calls[call].inputs
    placed = replace(
        block,
        path=trace.calls[call].path,
        call=call,
        input=given[0].activation if len(given) == 1 else block.fork,
        output=_applied_after(trace, block, last),
        first=call,
        last=last,
    )
    return _giving(placed)


def _giving(block: Block) -> Block:
    """The block with what it gives as what its main sum gives."""
    parts = (
        replace(part, output=block.output) if part.add == block.add else part for part in block.sums
    )
    return replace(block, sums=tuple(parts))


def _smallest_call(trace: Trace, block: Block) -> int | None:
    """The innermost module call, other than the network, that makes every step of the block."""
    call = trace.calls[block.add].parent
    while call is not None and (block.first < call or trace.last_descendant[call] < block.last):
        call = trace.calls[call].parent
    return call or None


def _applied_after(trace: Trace, block: Block, last: int) -> int:
    """The activation after the nonlinearity, norm or dropout that takes the sum alone."""
    output = block.output
    results = {port.activation for port in trace.outputs}
    while True:
        takers = trace.consumers.get(output, ())
        if len(takers) != 1 or takers[0] > last or output in results:
            return output
        taker = trace.calls[takers[0]]
        finishing = isinstance(taker.op, Activate) or same_values(taker.op)
        if last < len(trace.calls) - 1:
            finishing = finishing or isinstance(taker.op, Norm | Join)
        else:  # no module holds the block: what another module does is of that one
            finishing = finishing and taker.parent == trace.calls[block.add].parent
        if not finishing or len(taker.outputs) != 1:
            return output
        given = taker.outputs[0].activation
        if trace.producer.get(given) != taker.index:  # it gives back what was made before
            return output
        output = given
