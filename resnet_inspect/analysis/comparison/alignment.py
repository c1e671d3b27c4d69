"""Two networks cut into comparable items, and which item of one stands for which of the other.

Items are aligned by what they are for, not by where they stand in the list: the cheapest way to
pair them in order, where a pair costs what its ops have not in common. Names only decide where the
ops leave a choice. Long networks are first anchored at what is the very same on both sides.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Literal

from resnet_inspect.analysis.structure.anatomy import Block, ends
from resnet_inspect.analysis.structure.survey import Amounts, Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Create,
    Elementwise,
    Op,
    Pool,
    Reduce,
    Unknown,
    configuration,
    window_of,
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


_GAP = 10_000
_CELLS = 4_096
_EDITS = 200
Cost = Callable[[Item, Item], int | None]
Pairs = list[tuple[int, int]]


def step_cost(a: Item, b: Item) -> int | None:
    """How unlike two steps are; None if they have nothing to do with each other.

    In thousands: the same op on other shapes 1, another width 2, another window 4, another op 12
    and more, where two gaps cost 20. Names weigh 1.5 between steps that are unlike as it is; a
    last unit for another path decides between equals.
    """
    own = a.tail != b.tail
    if a.keys[0] == b.keys[0]:
        return own
    if a.keys[1] == b.keys[1]:
        return 1_000 + own
    named = 1_500 if a.name and b.name and a.name != b.name else 0
    if a.keys[2] == b.keys[2]:
        alike = window_of(a.of.op) == window_of(b.of.op)
        return (2_000 if alike else 4_000) + own + named
    if a.name and a.name == b.name:
        return 12_000 + own
    pools = Pool | AdaptivePool | Reduce
    if isinstance(a.of.op, pools) and isinstance(b.of.op, pools):
        return 15_000 + own + named
    return None


def block_cost(a: Item, b: Item) -> int:
    """How unlike two blocks are; any two can be paired, since each holds a way and a shortcut."""
    own = a.tail != b.tail
    if a.keys[0] == b.keys[0]:
        return own
    if a.keys[1] == b.keys[1]:
        return 2_000 + own
    left, right = a.of.block, b.of.block
    kinds = 8_000 if left.kind != right.kind else 0
    shortcuts = 4_000 if left.shortcut != right.shortcut else 0
    return 4_000 + kinds + shortcuts + own


def align(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """Pairs of places in two sequences, ascending in both; equal sequences pair one to one."""
    if [a.keys[0] for a in left] == [b.keys[0] for b in right]:
        return [(i, i) for i in range(len(left))]
    start, end = 0, 0
    short = min(len(left), len(right))
    while start < short and identical(left[start], right[start]):
        start += 1
    while end < short - start and identical(left[-1 - end], right[-1 - end]):
        end += 1
    middle = _anchored(
        left[start : len(left) - end], right[start : len(right) - end], cost, level=0
    )
    return [
        *((i, i) for i in range(start)),
        *((i + start, j + start) for i, j in middle),
        *((len(left) - i, len(right) - i) for i in range(end, 0, -1)),
    ]


def identical(a: Item, b: Item) -> bool:
    """Whether two items are the very same, names included."""
    return a.keys[0] == b.keys[0] and a.tail == b.tail and a.name == b.name


def spelled(item: Item) -> tuple[str, str, str]:
    """What puts two items that are not identical in an order, whichever side each is on."""
    return repr(item.spelling), item.tail, item.name


def _anchored(left: Sequence[Item], right: Sequence[Item], cost: Cost, level: int) -> Pairs:
    """The cheapest pairs where that is quickly found; else between anchors that are alike."""
    if not left or not right:
        return []
    if len(left) * len(right) <= _CELLS:
        return _cheapest(left, right, cost)
    if level > 2:
        return _in_pieces(left, right, cost)
    anchors = _common([a.keys[level] for a in left], [b.keys[level] for b in right])
    found: Pairs = []
    i = j = 0
    for x, y in (*anchors, (len(left), len(right))):
        inside = _anchored(left[i:x], right[j:y], cost, level + 1)
        found.extend((i + a, j + b) for a, b in inside)
        if x < len(left):
            found.append((x, y))
        i, j = x + 1, y + 1
    return found


def _in_pieces(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """The cheapest pairs of pieces at like places: what is left where nothing is alike."""
    pieces = -(-max(len(left), len(right)) // 48)
    found: Pairs = []
    for k in range(pieces):
        i, x = (len(left) * n // pieces for n in (k, k + 1))
        j, y = (len(right) * n // pieces for n in (k, k + 1))
        found.extend((i + a, j + b) for a, b in _cheapest(left[i:x], right[j:y], cost))
    return found


def _cheapest(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """The pairs with the least cost in all (edit distance by dynamic programming)."""
    row = [j * _GAP for j in range(len(right) + 1)]
    ways = []
    for a in left:
        above, row = row, [row[0] + _GAP]
        way = bytearray(len(right) + 1)
        for j, b in enumerate(right, start=1):
            up, back = above[j] + _GAP, row[j - 1] + _GAP
            best, way[j] = (up, 1) if up <= back else (back, 2)
            unlike = cost(a, b)
            if unlike is not None and above[j - 1] + unlike <= best:
                best, way[j] = above[j - 1] + unlike, 0
            row.append(best)
        ways.append(way)
    found: Pairs = []
    i, j = len(left), len(right)
    while i and j:
        step = ways[i - 1][j]
        if step == 0:
            found.append((i - 1, j - 1))
        i -= step != 2
        j -= step != 1
    return found[::-1]


def _common(left: Sequence[int], right: Sequence[int]) -> Pairs:
    """A longest common subsequence, as pairs of places; [] if it takes too many edits to find.

    Source: Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1986.
    """
    mine, theirs = set(left), set(right)
    i_of = [i for i, key in enumerate(left) if key in theirs]
    j_of = [j for j, key in enumerate(right) if key in mine]
    a, b = [left[i] for i in i_of], [right[j] for j in j_of]
    furthest = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), _EDITS) + 1):
        history.append(dict(furthest))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < len(a) and 0 <= x - k < len(b) and a[x] == b[x - k]:
                x += 1
            furthest[k] = x
            if x >= len(a) and x - k >= len(b):
                return [(i_of[x], j_of[y]) for x, y in _traced(history, len(a), len(b))]
    return []


def _traced(history: Sequence[dict[int, int]], x: int, y: int) -> Pairs:
    found: Pairs = []
    for edits in range(len(history) - 1, -1, -1):
        before, k = history[edits], x - y
        down = k == -edits or (k != edits and before[k - 1] < before[k + 1])
        last = before[k + 1] if down else before[k - 1] + 1
        while x > max(last, 0) and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = (x, y - 1) if down else (x - 1, y)
    return found[::-1]
