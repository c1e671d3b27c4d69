"""The anatomy of a residual network, found from its data flow: stem, stages, blocks, head.

Nothing here looks at a name. A residual sum is of two feature maps of one shape whose ways part at
one tensor, the fork (`sums`, `flow`). The way with the layers is the branch; the other is the
shortcut, an identity if no weight lies on it and a projection if one does. Blocks that follow each
other and give one shape are a stage.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

from resnet_inspect.analysis.structure import sums
from resnet_inspect.analysis.structure.flow import ROOT, Flow
from resnet_inspect.analysis.structure.sums import Adapter, Sum
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import (
    Activate,
    Conv,
    Norm,
    Reshape,
    same_values,
)

BlockKind = Literal["basic", "bottleneck", "residual"]
ShortcutKind = Literal["identity", "projection"]


@dataclass(frozen=True, slots=True)
class Block:
    """A residual unit: a branch, a shortcut, and the add that joins them."""

    kind: BlockKind
    """"basic": first and last convolution wider than 1; "bottleneck": those 1×1, a wider one
    between them; "residual": anything else."""
    shortcut: ShortcutKind
    path: str
    """The module that holds it; the path of the add where none holds it alone."""
    call: int | None
    """The call of that module."""
    add: int
    """The call of the residual add."""
    fork: int
    """The activation at which branch and shortcut part."""
    input: int
    """The activation that the block takes."""
    output: int
    """The activation that it gives: after the add and what is applied to its sum alone."""
    branch: tuple[int, ...]
    """Steps of the branch, in order."""
    bypass: tuple[int, ...]
    """Steps of the shortcut, in order; empty for a plain identity."""
    zero_padded: bool
    """Whether zeros stand on an identity for the planes that its input lacks: option A of He et al.
    2015, section 4.1."""
    first: int
    """Index of the block's first call."""
    last: int
    """Index of its last call."""
    again: tuple[Block, ...] = ()
    """The same block where its modules are run another time, by a network that is shared."""

    @property
    def shortcut_name(self) -> str:
        """What it is called: "identity", "zero-padded identity" or "projection"."""
        return f"zero-padded {self.shortcut}" if self.zero_padded else self.shortcut


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks in a row that give one output shape, with what leads from the stage before to them."""

    number: int
    """Counted from 1."""
    path: str
    """The module that holds these blocks and no others; "" where there is none."""
    call: int | None
    blocks: tuple[Block, ...]
    first: int
    """Index of its first call: that of its module, or of what leads from the stage before to it."""
    last: int
    input: int
    """The activation that the stage takes: what the stage before gives, where all passes that."""
    again: tuple[Stage, ...] = ()
    """The same stage where its modules are run another time, by a network that is shared."""

    @property
    def runs(self) -> int:
        """How many times it is run."""
        return 1 + len(self.again)

    @property
    def output(self) -> int:
        """The activation that the stage gives."""
        return self.blocks[-1].output

    def block_at(self, call: int) -> Block | None:
        """The block that the call with this index is in; None if it is between blocks."""
        place = bisect_right(self.blocks, call, key=attrgetter("first")) - 1
        found = self.blocks[place] if place >= 0 else None
        return found if found is not None and call <= found.last else None


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Stem, stages and head; no stages where nothing residual was found."""

    stages: tuple[Stage, ...]
    adapters: tuple[Adapter, ...] = ()
    """What stands beside a layer and is added to what it gives; in order."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block, in order."""
        return tuple(block for stage in self.stages for block in stage.blocks)

    @property
    def body(self) -> tuple[int, int] | None:
        """Indexes of the first and last call of the stages: before is the stem, after the head."""
        if not self.stages:
            return None
        return self.stages[0].first, self.stages[-1].last


def find(trace: Trace) -> Anatomy:
    """The anatomy of a traced network."""
    found, adapters, flow = sums.find(trace)
    stages = _stages(trace, _blocks(trace, found, adapters))
    return Anatomy(_once(trace, flow, list(stages)), tuple(adapters))


def trunk(trace: Trace, anatomy: Anatomy, end: int) -> tuple[int, ...]:
    """The activations through which every way from the input to `end` passes, in order.

    They are what all of the data flows through: outputs of stages and blocks, and the layers
    outside; nothing within a branch.
    """
    every = (one for block in anatomy.blocks for one in (block, *block.again))
    flow = Flow.of(trace, {block.add: block.fork for block in every})
    found = []
    while end != ROOT and end in flow.parent:
        found.append(end)
        end = flow.parent[end]
    return tuple(reversed(found))


def _blocks(trace: Trace, found: Sequence[Sum], adapters: Sequence[Adapter]) -> list[Block]:
    layers = {step for adapter in adapters for step in adapter.layer}
    beside = {step for adapter in adapters for step in adapter.beside}
    made = [_block(trace, total, layers, beside) for total in found]
    placed = _with_modules(trace, list(_one_after_another(made)))
    if any(_rank(trace, block) > 2 for block in placed):
        # Beside feature maps, a sum of vectors is of the head, or of a gate.
        return [block for block in placed if _rank(trace, block) > 2]
    return placed


def _one_after_another(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks without those that begin before the one before them has ended.

    Streams that feed each other within a block (an octave convolution's) have a sum each.
    """
    end = -1
    for block in blocks:
        if block.first > end:
            yield block
            end = block.last


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
    return sums.is_filling(trace, step)


def _kind(trace: Trace, branch: Sequence[int], chain: Sequence[int]) -> BlockKind:
    in_a_row = [op for op in (trace.calls[s].op for s in chain) if isinstance(op, Conv)]
    anywhere = [op for op in (trace.calls[s].op for s in branch) if isinstance(op, Conv)]
    if len(in_a_row) < 2:
        return "residual"
    first, last = sums.is_wide(in_a_row[0]), sums.is_wide(in_a_row[-1])
    if first and last:
        return "basic"
    if not first and not last and any(sums.is_wide(op) for op in anywhere):
        return "bottleneck"
    return "residual"


def _with_modules(trace: Trace, blocks: list[Block]) -> list[Block]:
    """The blocks with the module calls that hold each of them alone."""
    adds = [block.add for block in blocks]
    return [_placed(trace, block, _smallest_call(trace, block), adds) for block in blocks]


def _placed(trace: Trace, block: Block, call: int | None, adds: Sequence[int]) -> Block:
    """The block with its output, and with the module call that holds it if that holds no other."""
    if call is None or _how_many(adds, call, trace.last_descendant[call]) != 1:
        output = _applied_after(trace, block, len(trace.calls) - 1)
        last = max(block.add, trace.producer.get(output, block.add))
        return replace(block, output=output, last=last)
    last = trace.last_descendant[call]
    given = trace.calls[call].inputs
    return replace(
        block,
        path=trace.calls[call].path,
        call=call,
        input=given[0].activation if len(given) == 1 else block.fork,
        output=_applied_after(trace, block, last),
        first=call,
        last=last,
    )


def _how_many(ordered: Sequence[int], first: int, last: int) -> int:
    """How many of these ordered indexes lie between `first` and `last`, both included."""
    return bisect_right(ordered, last) - bisect_left(ordered, first)


def _smallest_call(trace: Trace, block: Block) -> int | None:
    """The innermost module call, other than the network, that makes every step of the block."""
    call = trace.calls[block.add].parent
    while call is not None and block.first < call:
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
            finishing = finishing or isinstance(taker.op, Norm)
        else:  # no module holds the block: what another module does is of that one
            finishing = finishing and taker.parent == trace.calls[block.add].parent
        if not finishing or len(taker.outputs) != 1:
            return output
        given = taker.outputs[0].activation
        if trace.producer.get(given) != taker.index:  # it gives back what was made before
            return output
        output = given


def _stages(trace: Trace, blocks: Sequence[Block]) -> Iterator[Stage]:
    runs: list[list[Block]] = []
    for block in blocks:
        if runs and _continues(trace, runs[-1][-1], block):
            runs[-1].append(block)
        else:
            runs.append([block])
    adds = [block.add for block in blocks]
    for number, run in enumerate(runs, start=1):
        call = _stage_call(trace, run, adds)
        yield Stage(
            number=number,
            path="" if call is None else trace.calls[call].path,
            call=call,
            blocks=tuple(run),
            first=run[0].first if call is None else call,
            last=run[-1].last if call is None else trace.last_descendant[call],
            input=run[0].input,
        )


def _once(trace: Trace, flow: Flow, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages with what leads to them; of a shared network once, with the stage's other runs."""
    runs: dict[Hashable, list[Stage]] = {}
    places: dict[Hashable, int] = {}
    before: Stage | None = None
    place = -1
    for number, stage in enumerate(stages):
        key = _modules_of(trace, stage) or number
        begins = key in places and places[key] <= place  # the next run, not the next stage
        before = _joined(trace, flow, None if begins else before, stage)
        place = places.setdefault(key, len(places))
        runs.setdefault(key, []).append(before)
    return tuple(_with_runs(i, found) for i, found in enumerate(runs.values(), start=1))


def _modules_of(trace: Trace, stage: Stage) -> tuple[str, ...]:
    """The modules with weights that a stage's blocks run, in order; () if any has none."""
    found: list[str] = []
    for block in stage.blocks:
        calls = (trace.calls[step] for step in sorted((*block.branch, *block.bypass)))
        modules = [call.module for call in calls if call.module and sums.is_weighted(call.op)]
        if not modules:
            return ()
        found.extend(modules)
    return tuple(found)


def _with_runs(number: int, runs: Sequence[Stage]) -> Stage:
    first, *others = runs
    blocks = tuple(
        replace(block, again=tuple(run.blocks[i] for run in others))
        for i, block in enumerate(first.blocks)
    )
    return replace(first, number=number, blocks=blocks, again=tuple(others))


def _joined(trace: Trace, flow: Flow, before: Stage | None, stage: Stage) -> Stage:
    """The stage with the steps that lead from the stage before to it."""
    if before is None or not trace.steps_within(before.last + 1, stage.first - 1):
        return stage
    follows = flow.passes(before.output, stage.blocks[0].fork)
    given = before.output if follows else stage.input
    return replace(stage, first=before.last + 1, input=given)


def _continues(trace: Trace, before: Block, after: Block) -> bool:
    same_shape = (
        trace.activations[before.output].tensor.shape
        == trace.activations[after.output].tensor.shape
    )
    return same_shape and before.output in (after.input, after.fork)


def _stage_call(trace: Trace, run: Sequence[Block], adds: Sequence[int]) -> int | None:
    """The module call that makes these blocks, no other block and no other layer."""
    call: int | None = trace.calls[run[0].first].parent
    if run[0].call is None:
        call = run[0].first
    while call and trace.last_descendant[call] < run[-1].last:
        call = trace.calls[call].parent
    if not call or any(block.call == call for block in run):
        return None
    last = trace.last_descendant[call]
    in_blocks = sum(_how_many(trace.steps, block.first, block.last) for block in run)
    makes_others = (
        _how_many(adds, call, last) != len(run) or _how_many(trace.steps, call, last) != in_blocks
    )
    return None if makes_others else call
