"""From blocks to stages: blocks in a row of one shape, on one branch or on several side by side.

What leads from one stage to the next is part of what the next one did. Modules that run several
times, unrolled or in a network that is shared, are counted once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from resnet_inspect.analysis.structure.residual.data_flow import Flow
from resnet_inspect.analysis.structure.residual.holders import how_many
from resnet_inspect.analysis.structure.residual.layers import is_weighted
from resnet_inspect.analysis.structure.residual.parts import Block, Stage
from resnet_inspect.traces.model import Trace


def find(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> tuple[Stage, ...]:
    """The stages of these blocks, each once."""
    return _once(trace, flow, list(_stages(trace, flow, blocks)))


@dataclass(frozen=True, slots=True)
class _Group:
    """Runs of blocks side by side: one, or one for each parallel branch."""

    runs: tuple[tuple[Block, ...], ...]
    follows: bool
    """Whether its first run takes what the group before gives."""


def _stages(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> Iterator[Stage]:
    adds = [block.add for block in blocks]
    rows: list[list[_Group]] = []
    for group in _groups(trace, flow, blocks):
        wide = len(group.runs) > 1
        if rows and wide and group.follows and _same_shapes(trace, rows[-1][-1], group):
            rows[-1].append(group)
        else:
            rows.append([group])
    for number, row in enumerate(rows, start=1):
        held = [block for group in row for run in group.runs for block in run]
        call = _stage_call(trace, held, adds)
        yield Stage(
            number=number,
            path="" if call is None else trace.calls[call].path,
            call=call,
            blocks=tuple(_unrolled(trace, held)),
            first=held[0].first if call is None else call,
            last=held[-1].last if call is None else trace.last_descendant[call],
            input=held[0].input,
            output=row[-1].runs[0][-1].output,
        )


def _groups(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> Iterator[_Group]:
    """Runs of blocks of one shape; runs that take nothing of each other together."""
    group: _Group | None = None
    before: _Group | None = None
    for run in _runs(trace, flow, blocks):
        follows = group is not None and _takes(flow, group, run)
        if group is None:
            group = _Group((run,), follows=False)
        elif not follows and _is_beside(trace, flow, before, group, run):
            group = replace(group, runs=(*group.runs, run))
        else:
            yield group
            before, group = group, _Group((run,), follows)
    if group is not None:
        yield group


def _takes(flow: Flow, group: _Group, run: Sequence[Block]) -> bool:
    return any(flow.reaches(own[-1].output, run[0].fork) for own in group.runs)


def _is_beside(
    trace: Trace, flow: Flow, before: _Group | None, group: _Group, run: Sequence[Block]
) -> bool:
    """Whether a run is on a branch beside a group's: both follow on the same, by other modules."""
    if {_modules_of(trace, own) for own in group.runs} & {_modules_of(trace, run)}:
        return False
    return group.follows == (before is not None and _takes(flow, before, run))


def _runs(trace: Trace, flow: Flow, blocks: Sequence[Block]) -> Iterator[tuple[Block, ...]]:
    run: list[Block] = []
    for block in blocks:
        if run and not _continues(trace, flow, run[-1], block):
            yield tuple(run)
            run = []
        run.append(block)
    if run:
        yield tuple(run)


def _continues(trace: Trace, flow: Flow, before: Block, after: Block) -> bool:
    if not _same_shape(trace, _sum_of(trace, before), _sum_of(trace, after)):
        return False
    return before.output == after.input or flow.reaches(before.output, after.fork)


def _sum_of(trace: Trace, block: Block) -> int:
    """What a block adds up to, before what grows beside it is joined to that (DPN, ReXNet)."""
    return trace.calls[block.add].outputs[0].activation


def _same_shape(trace: Trace, a: int, b: int) -> bool:
    """Whether two tensors have one shape, were the positions of each one dimension."""
    first, second = (trace.activations[one].tensor.shape for one in (a, b))
    if first == second:
        return True
    channels = {first[1], first[-1]} & {second[1], second[-1]}
    return bool(channels) and prod(first) == prod(second) and len(first) != len(second)


def _same_shapes(trace: Trace, a: _Group, b: _Group) -> bool:
    return len(a.runs) == len(b.runs) and all(
        _same_shape(trace, one[-1].output, other[-1].output)
        for one, other in zip(a.runs, b.runs, strict=True)
    )


def _stage_call(trace: Trace, held: Sequence[Block], adds: Sequence[int]) -> int | None:
    """The module call that makes these blocks, no other block, and no layer before or after."""
    call: int | None = trace.calls[held[0].first].parent
    if held[0].call is None:
        call = held[0].first
    while call and trace.last_descendant[call] < held[-1].last:
        call = trace.calls[call].parent
    if not call or any(block.call == call for block in held):
        return None
    last = trace.last_descendant[call]
    inside = how_many(trace.steps, held[0].first, held[-1].last)
    makes_others = (
        how_many(adds, call, last) != len(held) or how_many(trace.steps, call, last) != inside
    )
    return None if makes_others else call


# What runs several times.


def _modules_of(trace: Trace, blocks: Sequence[Block]) -> tuple[str, ...]:
    """The modules with weights that these blocks run, in order; () if any has none."""
    found: list[str] = []
    for block in blocks:
        calls = (trace.calls[step] for step in sorted((*block.branch, *block.bypass)))
        modules = [call.module for call in calls if call.module and is_weighted(call.op)]
        if not modules:
            return ()
        found.extend(modules)
    return tuple(found)


def _unrolled(trace: Trace, blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks of a stage, each once: with its other runs where its modules run again."""
    runs: dict[Hashable, list[Block]] = {}
    for number, block in enumerate(blocks):
        runs.setdefault(_modules_of(trace, (block,)) or number, []).append(block)
    for first, *others in runs.values():
        yield replace(first, again=tuple(others))


def _once(trace: Trace, flow: Flow, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages with what leads to them; of a shared network once, with the stage's other runs."""
    runs: dict[Hashable, list[Stage]] = {}
    before: Stage | None = None
    for place, (key, stage) in enumerate(zip(_keys(trace, stages), stages, strict=True)):
        begins = place >= len(runs) and key == next(iter(runs), None)
        before = _behind(trace, flow, None if begins else before, stage)
        runs.setdefault(key, []).append(before)
    return tuple(_with_runs(i, found) for i, found in enumerate(runs.values(), start=1))


def _keys(trace: Trace, stages: Sequence[Stage]) -> list[Hashable]:
    """What is equal for the runs of one stage: of a network that is run whole, again and again."""
    keys: list[Hashable] = [
        _modules_of(trace, stage.blocks) or number for number, stage in enumerate(stages)
    ]
    length = next((i for i in range(1, len(keys)) if keys[i] == keys[0]), len(keys)) or 1
    whole = all(key == keys[i % length] for i, key in enumerate(keys))
    return keys if whole and len(keys) % length == 0 else list(range(len(keys)))


def _with_runs(number: int, runs: Sequence[Stage]) -> Stage:
    first, *others = runs
    blocks = tuple(
        replace(
            block,
            again=(*block.again, *(one for run in others for one in run.blocks[i].every_run)),
        )
        for i, block in enumerate(first.blocks)
    )
    return replace(first, number=number, blocks=blocks, again=tuple(others))


def _behind(trace: Trace, flow: Flow, before: Stage | None, stage: Stage) -> Stage:
    """The stage with the steps that lead from the stage before to it."""
    if before is None:
        return stage
    leads = trace.steps_within(before.last + 1, stage.first - 1)
    follows = flow.reaches(before.output, stage.blocks[0].fork)
    return replace(
        stage,
        first=before.last + 1 if leads else stage.first,
        input=before.output if follows else stage.input,
    )
