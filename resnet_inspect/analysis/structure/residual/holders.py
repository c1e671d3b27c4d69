"""The modules that hold blocks, and what a block gives behind its sum."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from resnet_inspect.analysis.structure.residual.parts import Block
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Activate, Join, Norm, same_values


def how_many(ordered: Sequence[int], first: int, last: int) -> int:
    """How many of these ordered indexes lie between `first` and `last`, both included."""
    return bisect_right(ordered, last) - bisect_left(ordered, first)


def with_modules(trace: Trace, blocks: list[Block]) -> list[Block]:
    """The blocks with the module calls that hold each of them alone."""
    adds = [block.add for block in blocks]
    return [_placed(trace, block, _smallest_call(trace, block), adds) for block in blocks]


def _placed(trace: Trace, block: Block, call: int | None, adds: Sequence[int]) -> Block:
    """The block with its output, and with the module call that holds it if that holds no other."""
    if call is None or how_many(adds, call, trace.last_descendant[call]) != 1:
        output = applied_after(trace, block, len(trace.calls) - 1)
        last = max(block.last, trace.producer.get(output, block.add))
        return _giving(replace(block, output=output, last=last))
    last = trace.last_descendant[call]
    given = trace.calls[call].inputs
    placed = replace(
        block,
        path=trace.calls[call].path,
        call=call,
        input=given[0].activation if len(given) == 1 else block.fork,
        output=applied_after(trace, block, last),
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


def applied_after(trace: Trace, block: Block, last: int) -> int:
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
