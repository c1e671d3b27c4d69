"""The anatomy of a residual network, found from its data flow: stem, stages, blocks, head.

Nothing here looks at a name. A residual sum is of two feature maps of one shape whose ways part at
one tensor, the fork (`sums`, `flow`). The way with the layers is the branch; the other is the
shortcut, an identity if no weight lies on it and a projection if one does (`blocks`). Blocks that
follow each other and give one shape are a stage (`stages`).
"""

from __future__ import annotations

from resnet_inspect.analysis.structure.residual import blocks, stages, sums
from resnet_inspect.analysis.structure.residual.data_flow import ROOT, Flow
from resnet_inspect.analysis.structure.residual.parts import (
    Anatomy,
    Block,
    BlockKind,
    ShortcutKind,
    Stage,
)
from resnet_inspect.traces.model import Trace

__all__ = [
    "Anatomy", "Block", "BlockKind", "ShortcutKind", "Span", "Stage", "ends", "find", "trunk",
]  # fmt: skip

Span = tuple[int, int]
"""The first and the last of a run of calls."""


def find(trace: Trace) -> Anatomy:
    """The anatomy of a traced network."""
    found, adapters, flow = sums.find(trace)
    made = blocks.find(trace, flow, found, adapters)
    return Anatomy(stages.find(trace, flow, made), tuple(adapters))


def trunk(trace: Trace, anatomy: Anatomy, end: int) -> tuple[int, ...]:
    """The activations through which every way from the input to `end` passes, in order.

    They are what all of the data flows through: outputs of stages and blocks, and the layers
    outside; nothing within a branch.
    """
    every = (part for block in anatomy.blocks for run in block.every_run for part in run.parts)
    flow = Flow.of(trace, {part.add: part.fork for part in every})
    found = []
    while end != ROOT and end in flow.parent:
        found.append(end)
        end = flow.parent[end]
    return tuple(reversed(found))


def ends(trace: Trace, anatomy: Anatomy) -> tuple[list[Span], list[Span]]:
    """The calls of the stem and of the head; those of each run, where a network is shared."""
    body = anatomy.body
    assert body is not None
    stem, head = [(1, body[0] - 1)], []
    first = body[1] + 1
    runs = sorted(
        (one.first, one.last, number)
        for stage in anatomy.stages
        for number, one in enumerate(stage.again, start=2)
    )
    for start, last, number in runs:
        at = next((i for i in range(first, start) if trace.calls[i].nth >= number), start)
        head.append((first, at - 1))
        stem.append((at, start - 1))
        first = last + 1
    head.append((first, len(trace.calls) - 1))
    return stem, [span for span in head if span[0] <= span[1]]
