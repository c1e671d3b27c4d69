"""Several sums that are one block.

An encoder layer of a transformer adds twice, what attention gives and what a feed-forward gives; it
is one block. Which sums are one, docs/decisions/0014-blocks.md says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.holders import applied_after
from resnet_inspect.analysis.structure.residual.layers import is_weighted, is_wide
from resnet_inspect.analysis.structure.residual.parts import Block
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Attention, Conv, Linear, MatMul


def one_after_another(trace: Trace, blocks: Sequence[Block]) -> Iterator[Block]:
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


def encoder_layers(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> Iterator[Block]:
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
        replace(part, output=applied_after(trace, part, following.first - 1))
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
