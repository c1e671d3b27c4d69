"""One network cut into comparable items: its steps and blocks, by stem, stage, lane and head."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Literal

from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.anatomy import Block, ends
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    Create,
    Elementwise,
    Op,
    Unknown,
    configuration,
)
from resnet_inspect.traces.tensors import Port

Lane = Literal["", "before", "branch", "shortcut", "add", "after"]
LANES: tuple[Lane, ...] = ("before", "branch", "shortcut", "add", "after")
"""The lanes of a block, in the order in which its entries stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A step or block as the alignment sees it."""

    keys: tuple[int, int, int]
    """What must be equal for it to be the very same, configured alike, or of one role."""
    tail: str
    """Its path within what holds it."""
    name: str
    """The last part of that, if it is a name and no number."""
    of: Any
    """The call of a step; the `BlockSteps` of a block."""
    spelling: object
    """What its first key stands for, where keys do not say in which order two sides come."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockSteps:
    """A block with its steps by lane."""

    block: Block
    lanes: dict[Lane, list[Item]]


class Side:
    """One network cut into stem, blocks by stage, and head."""

    def __init__(self, survey: Survey, numbers: dict[Hashable, int], *, flat: bool) -> None:
        self.survey = survey
        self.trace = survey.trace
        self.numbers = numbers
        self.known: dict[int, tuple[int, int, Op]] = {}
        self.stem: list[Item] = []
        self.head: list[Item] = []
        self.stages: list[list[Item]] = []
        if flat or survey.anatomy.body is None:
            self.stem = [self._step(index) for index in self.trace.steps]
        else:
            self._cut()
        self.items = [*self.stem, *(b for stage in self.stages for b in stage), *self.head]

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _numbers_of(self, op: Op) -> tuple[int, int, Op]:
        """What stands for an op, for its role, and how it is configured.

        Few objects are the ops of many calls.
        """
        found = self.known.get(id(op))
        if found is None:
            plain = configuration(op)
            found = self.known[id(op)] = (self._number(plain), self._number(_role(op)), plain)
        return found

    def _cut(self) -> None:
        blocks = self.survey.anatomy.blocks
        place: dict[int, tuple[int, Lane]] = {}
        for i, block in enumerate(blocks):
            for run in block.every_run:
                ways: dict[Lane, tuple[int, ...]]
                ways = {"branch": run.branch, "shortcut": run.bypass, "add": (run.add,)}
                for way, steps in ways.items():
                    for step in steps:
                        place.setdefault(step, (i, way))
        ordered = sorted(
            (run.last, run.add, i) for i, b in enumerate(blocks) for run in b.every_run
        )
        lasts = [last for last, _, _ in ordered]
        stem, head = ends(self.trace, self.survey.anatomy)
        outside = [(*span, side) for side, spans in ((self.stem, stem), (self.head, head))
                   for span in spans]  # fmt: skip
        outside.sort(key=itemgetter(0))
        lanes: list[dict[Lane, list[Item]]] = [{lane: [] for lane in LANES} for _ in blocks]
        for index in self.trace.steps:
            around = bisect_right(outside, index, key=itemgetter(0)) - 1
            if index in place:
                i, lane = place[index]
            elif around >= 0 and index <= outside[around][1]:
                outside[around][2].append(self._step(index))
                continue
            else:  # a step between two blocks goes with the one that it leads to
                _, add, i = ordered[min(bisect_left(lasts, index), len(ordered) - 1)]
                lane = "before" if index < add else "after"
            lanes[i][lane].append(self._step(index, blocks[i].path))
        found = (self._block(BlockSteps(b, held)) for b, held in zip(blocks, lanes, strict=True))
        self.stages = [[next(found) for _ in s.blocks] for s in self.survey.anatomy.stages]

    def _step(self, index: int, inside: str = "") -> Item:
        call = self.trace.calls[index]
        tail = call.path
        if inside and tail.startswith(inside):
            tail = tail[len(inside) :].lstrip(".:")
        name = call.path.rpartition(":")[2].rpartition(".")[2]
        given = tuple(self.trace.spec(port) for port in call.inputs)
        made = tuple(self.trace.spec(port) for port in call.outputs)
        op, role, plain = self._numbers_of(call.op)
        keys = (self._number((op, given, made)), op, role)
        spelling = (plain, given, made)
        return Item(keys, tail, "" if name.isdigit() else name, call, spelling)

    def _block(self, steps: BlockSteps) -> Item:
        block = steps.block
        sort = (block.kind, block.shortcut)

        def held(level: int) -> tuple[tuple[int, ...], ...]:
            return tuple(tuple(item.keys[level] for item in steps.lanes[lane]) for lane in LANES)

        keys = (
            self._number((*sort, *held(0))),
            self._number((*sort, *held(2))),
            self._number(sort),
        )
        spelling = (sort, [[i.spelling for i in steps.lanes[lane]] for lane in LANES])
        return Item(keys, block.path.rpartition(".")[2], "", steps, spelling)

    def maker(self, port: Port) -> int | None:
        """The step that made a tensor, -1 - n for the nth network input; None from outside."""
        index = self.trace.producer.get(port.activation)
        if index is None:
            return self._given.get(port.activation)
        steps = self.trace.steps
        place = bisect_right(steps, index) - 1
        if place < 0 or self.trace.last_descendant[steps[place]] < index:
            return None
        return steps[place]

    @cached_property
    def _given(self) -> dict[int, int]:
        return {port.activation: -1 - i for i, port in enumerate(self.trace.inputs)}

    def amounts(self, call: Call) -> Amounts:
        """What a step holds and does."""
        return self.survey.amounts(call.index, self.trace.last_descendant[call.index])

    def shapes(self, ports: Sequence[Port]) -> tuple[tuple[int, ...], ...]:
        """Their tensors' shapes."""
        return tuple(self.trace.spec(port).shape for port in ports)

    def dtypes(self, ports: Sequence[Port]) -> tuple[str, ...]:
        """Their tensors' element types."""
        return tuple(self.trace.spec(port).dtype for port in ports)


_NAMED = (Elementwise, Create, Unknown)
"""Ops that have nothing in common but their class if their names differ."""


def _role(op: Op) -> tuple[str, ...]:
    return (type(op).__name__, op.name) if isinstance(op, _NAMED) else (type(op).__name__,)


def identical(a: Item, b: Item) -> bool:
    """Whether two items are the very same, names included."""
    return a.keys[0] == b.keys[0] and a.tail == b.tail and a.name == b.name


def spelled(item: Item) -> tuple[str, str, str]:
    """What puts two items that are not identical in an order, whichever side each is on."""
    return repr(item.spelling), item.tail, item.name
