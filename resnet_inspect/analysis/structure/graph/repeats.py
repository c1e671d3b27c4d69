"""The steps of a block by the part they play, and blocks that follow each other and are alike."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph.nodes import NodeKind
from resnet_inspect.traces.model import Trace


def roles(trace: Trace, block: Block) -> dict[int, NodeKind]:
    """Every step of a block, with the part it plays; "layer" for one before the paths part."""
    found: dict[int, NodeKind] = dict.fromkeys(block.branch if block.sums else (), "layer")
    found.update(dict.fromkeys(_chain(trace, block.input, block.fork), "layer"))
    for part in block.parts:
        total = trace.calls[part.add].outputs[0].activation
        found.update(dict.fromkeys(part.branch, "branch"))
        found.update(dict.fromkeys(part.bypass, "bypass"))
        found[part.add] = "add"
        found.update(dict.fromkeys(_chain(trace, total, part.output), "add"))
    return found


def _chain(trace: Trace, start: int, end: int) -> Iterator[int]:
    """The steps from one tensor to a later one, the last first."""
    while end != start:
        step = trace.producer.get(end)
        if step is None or not trace.calls[step].inputs:
            return
        yield step
        end = trace.calls[step].inputs[0].activation


def runs(trace: Trace, stage: Stage) -> Iterator[list[Block]]:
    """The blocks of a stage in runs of identical ones, each taken by nothing but the next."""
    run: list[Block] = []
    before: tuple[object, ...] = ()
    for block in stage.blocks:
        pattern = _pattern(trace, block)
        if run and pattern == before and block.input == run[-1].output:
            inside = block.first <= min(trace.consumers[block.input])
            if inside and max(trace.consumers[block.input]) <= block.last:
                run.append(block)
                continue
        if run:
            yield run
        run, before = [block], pattern
    yield run


def _pattern(trace: Trace, block: Block) -> tuple[object, ...]:
    """What is equal for identical blocks: their steps, how these are wired, and every shape."""
    members = roles(trace, block)
    steps = sorted(members)
    place = {
        port.activation: (number, port.label)
        for number, step in enumerate(steps)
        for port in trace.calls[step].outputs
    }
    rows: list[object] = [block.kind, block.shortcut]
    for step in steps:
        call = trace.calls[step]
        rows.append((members[step], call.op, tuple(trace.spec(port) for port in call.outputs)))
        rows += [(place.get(port.activation), trace.spec(port)) for port in call.inputs]
    return tuple(rows)
