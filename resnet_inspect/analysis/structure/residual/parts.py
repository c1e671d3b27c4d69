"""The parts of a residual network: its blocks, its stages, and what stands beside a layer."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

BlockKind = Literal["basic", "bottleneck", "transformer", "residual"]
ShortcutKind = Literal["identity", "projection"]


@dataclass(frozen=True, slots=True)
class Adapter:
    """Layers beside a layer, of the same input, whose sum is taken for what that layer gives."""

    add: int
    """The step that adds the two."""
    layer: tuple[int, ...]
    """Steps of the layer itself, in order."""
    beside: tuple[int, ...]
    """Steps of what stands beside it, in order."""


@dataclass(frozen=True, slots=True)
class Block:
    """A residual unit: a branch, a shortcut, and the add that joins them; or several in one."""

    kind: BlockKind
    """"basic": first and last convolution wider than 1; "bottleneck": those 1×1, a wider one
    between them; "transformer": sums of attention and of a feed-forward; "residual": any other."""
    shortcut: ShortcutKind
    path: str
    """The module that holds it; the path of the add where none holds it alone."""
    call: int | None
    """The call of that module."""
    add: int
    """The call of the residual add; of several, the one that gives what the block gives."""
    fork: int
    """The activation at which branch and shortcut part."""
    input: int
    """The activation that the block takes."""
    output: int
    """The activation that it gives: after the add and what is applied to its sum alone."""
    branch: tuple[int, ...]
    """Steps of the branch, in order; where it has several sums, of all and between them."""
    bypass: tuple[int, ...]
    """Steps of the shortcut, in order; empty for a plain identity."""
    zero_padded: bool
    """Whether zeros stand on an identity for the planes that its input lacks: option A of He et al.
    2015, section 4.1."""
    first: int
    """Index of the block's first call."""
    last: int
    """Index of its last call."""
    sums: tuple[Block, ...] = ()
    """Its sums as blocks of their own, in order, where it has several."""
    again: tuple[Block, ...] = ()
    """The same block where its modules are run another time: unrolled, or in a shared network."""

    @property
    def shortcut_name(self) -> str:
        """What it is called: "identity", "zero-padded identity" or "projection"."""
        return f"zero-padded {self.shortcut}" if self.zero_padded else self.shortcut

    @property
    def parts(self) -> tuple[Block, ...]:
        """Its sums; it itself if it has one."""
        return self.sums or (self,)

    @property
    def every_run(self) -> tuple[Block, ...]:
        """It itself, and where it is run again."""
        return (self, *self.again)

    @property
    def runs(self) -> int:
        """How many times it is run."""
        return len(self.every_run)

    def part_at(self, call: int) -> Block:
        """The sum that the call with this index belongs to."""
        for part in self.parts:
            if call in (*part.branch, *part.bypass, part.add):
                return part
        return next((part for part in self.parts if call <= part.last), self.parts[-1])


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks in a row that give one output shape, with what leads from the stage before to them.

    Of parallel branches (HRNet) the stage has the blocks of all; its first branch is the one that
    its input and output are of.
    """

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
    output: int
    """The activation that the stage gives."""
    again: tuple[Stage, ...] = ()
    """The same stage where its modules are run another time, by a network that is shared."""

    @property
    def every_run(self) -> tuple[Stage, ...]:
        """It itself, and where it is run again."""
        return (self, *self.again)

    @property
    def runs(self) -> int:
        """How many times it is run."""
        return len(self.every_run)

    def holds(self, call: int) -> bool:
        """Whether the call with this index is in it, in whichever run."""
        return any(run.first <= call <= run.last for run in self.every_run)

    def block_at(self, call: int) -> Block | None:
        """The block, or its other run, that the call with this index is in; None between blocks."""
        place = bisect_right(self.blocks, call, key=attrgetter("first")) - 1
        if place >= 0 and call <= self.blocks[place].last:
            return self.blocks[place]
        others = (run for block in self.blocks for run in block.again)
        return next((run for run in others if run.first <= call <= run.last), None)


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

    def stage_at(self, call: int) -> Stage | None:
        """The stage that the call with this index is in."""
        return next((stage for stage in self.stages if stage.holds(call)), None)
