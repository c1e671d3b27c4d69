"""Two networks side by side: what is the same, what changed, what only one of them has.

Steps are aligned by what they are for, not by where they stand in the list: stages by number,
blocks within a stage in order, the layers of a block by their lane (branch, shortcut, ...) and the
kind of their op, stem with stem and head with head. Where either network has no residual block,
all steps are aligned in order. Names only decide where the ops leave a choice: a network with other
names is still the same network.

A change that follows from what a layer is given (its input shape, the channels it takes, the
counts that result) is told apart from a change of the layer itself.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal

from resnet_inspect.analysis.anatomy import Block, Stage
from resnet_inspect.analysis.net_effect import NetEffect, of_stage
from resnet_inspect.analysis.survey import Amounts, Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Conv,
    Create,
    Elementwise,
    Op,
    Pool,
    Reduce,
    Unknown,
    window_of,
)
from resnet_inspect.traces.tensors import Port

Kind = Literal["same", "changed", "only left", "only right"]
Role = Literal["stem", "stage", "block", "head", "steps"]
Lane = Literal["", "before", "branch", "shortcut", "add", "after"]

LANES: tuple[Lane, ...] = ("before", "branch", "shortcut", "add", "after")
"""The lanes of a block, in the order in which its entries stand."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same on both sides."""

    part: str
    """"op", a field of an op or window ("stride"), "input_shape", "parameters", "takes", ..."""
    left: object
    right: object
    follows: bool = False
    """Whether it follows from another change, of this layer or of one before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of the left network with the step of the right one that has its role."""

    kind: Kind
    lane: Lane
    """Where it stands in its block; "" outside of blocks."""
    left: int | None
    """Index of the call on the left; None if there is none."""
    right: int | None
    changes: tuple[Change, ...]
    left_amounts: Amounts
    right_amounts: Amounts

    @property
    def itself(self) -> bool:
        """Whether the step itself is another one, rather than only what goes through it."""
        return self.kind in {"only left", "only right"} or any(not c.follows for c in self.changes)


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a section."""

    path: str
    """The module that holds it; "" where none does."""
    of: Stage | Block | None
    """What the anatomy says of it; None for a stem, a head or all steps."""
    amounts: Amounts
    """What its steps hold and do."""
    effect: NetEffect | None = None
    """What a stage did to its feature map; None for what is no stage, or if it is not known."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stem, stage, block or head with the one of the other network; or all steps."""

    role: Role
    number: int
    """Of its stage, counted from 1; 0 outside of stages."""
    kind: Kind
    left: Part | None
    right: Part | None
    changes: tuple[Change, ...]
    """Of the section as a whole; they all follow from those of its steps."""
    entries: tuple[Entry, ...]
    """Its own steps; a stage has them in its blocks."""
    sections: tuple[Section, ...]
    """The blocks of a stage."""

    def every_entry(self) -> Iterator[Entry]:
        """The entries of this section and of those in it."""
        yield from self.entries
        for section in self.sections:
            yield from section.every_entry()


@dataclass(frozen=True, slots=True)
class Figure:
    """A total of both networks."""

    key: str
    """As in the totals of a network: "parameters", "macs", "receptive_field"."""
    left: Any
    """A number, a tuple of numbers, or None if it is not known."""
    right: Any

    @property
    def difference(self) -> int | float | None:
        """Right minus left; None where they are no numbers."""
        if isinstance(self.left, int | float) and isinstance(self.right, int | float):
            return self.right - self.left
        return None

    @property
    def ratio(self) -> float | None:
        """Right over left; None where there is none."""
        if self.difference is None or not self.left:
            return None
        return float(self.right / self.left)


@dataclass(frozen=True)
class Difference:
    """Two networks, aligned."""

    left: Survey
    right: Survey
    changes: tuple[Change, ...]
    """Of the network as a whole: what it is given and returns, and whether it raised."""
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every step of either network, once."""
        return tuple(entry for section in self.sections for entry in section.every_entry())

    @cached_property
    def edits(self) -> tuple[Section | Entry, ...]:
        """What was done to get from left to right: no more than needed to explain the rest.

        A section that only one network has is one edit, and so is a step that is another one.
        """
        return tuple(edit for section in self.sections for edit in _edits(section))

    @cached_property
    def figure(self) -> dict[str, Figure]:
        """The figures by key."""
        return {figure.key: figure for figure in self.figures}

    @cached_property
    def equal(self) -> bool:
        """Whether the networks are the same but for their names and how they were captured."""
        return (
            not self.changes
            and all(section.kind == "same" for section in self.sections)
            and all(
                self.figure[key].left == self.figure[key].right
                for key in ("parameters", "trainable", "buffers", "parameter_bytes", "buffer_bytes")
            )
        )


def _edits(section: Section) -> Iterator[Section | Entry]:
    if section.kind in {"only left", "only right"}:
        yield section
        return
    yield from (entry for entry in section.entries if entry.itself)
    for inner in section.sections:
        yield from _edits(inner)


def compare(left: Survey, right: Survey) -> Difference:
    """The difference of two networks; that of (b, a) is that of (a, b) seen in a mirror."""
    return _Comparison(left, right).result()


def figures(left: Survey, right: Survey) -> tuple[Figure, ...]:
    """The totals of both networks, side by side."""
    return tuple(
        Figure(key, mine, theirs)
        for (key, mine), theirs in zip(_totals(left).items(), _totals(right).values(), strict=True)
    )


def _totals(survey: Survey) -> dict[str, Any]:
    t = survey.totals
    field = t.receptive_field
    steps = [survey.trace.calls[index] for index in survey.trace.steps]
    return {
        "parameters": t.parameters.total,
        "trainable": t.parameters.trainable,
        "frozen": t.parameters.frozen,
        "buffers": t.buffers.total,
        "macs": t.macs,
        "flops": t.flops,
        "parameter_bytes": t.parameters.nbytes,
        "buffer_bytes": t.buffers.nbytes,
        "activation_bytes": t.activation_bytes,
        "activation_bytes_distinct": t.activation_bytes_distinct,
        "last_feature_map": t.last_feature_map or None,
        "receptive_field": None if field is None else "all" if field.whole else field.size,
        "jump": None if field is None or not field.jump else field.jump,
        "modules": t.modules,
        "calls": t.calls,
        "functions": t.functions,
        "blocks": len(survey.anatomy.blocks),
        "convolutions": sum(isinstance(call.op, Conv) for call in steps),
    }


# Sides -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """A step or block as the alignment sees it."""

    keys: tuple[int, int, int]
    """What must be equal for it to be the very same, configured alike, or of one role."""
    tail: str
    """Its path within what holds it."""
    name: str
    """The last part of that, if it is a name and no number."""
    of: Any
    """The call of a step; the `_BlockSteps` of a block."""
    spelling: object
    """What its first key stands for, where keys do not say in which order two sides come."""


@dataclass(frozen=True, slots=True, eq=False)
class _BlockSteps:
    block: Block
    lanes: dict[Lane, list[_Item]]


class _Side:
    """One network cut into stem, blocks by stage, and head."""

    def __init__(self, survey: Survey, numbers: dict[Hashable, int], *, flat: bool) -> None:
        self.survey = survey
        self.trace = survey.trace
        self.numbers = numbers
        self.stem: list[_Item] = []
        self.head: list[_Item] = []
        self.stages: list[list[_Item]] = []
        body = None if flat else survey.anatomy.body
        if body is None:
            self.stem = [self._step(index) for index in self.trace.steps]
        else:
            self._cut(body)
        self.items = [*self.stem, *(b for stage in self.stages for b in stage), *self.head]

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _cut(self, body: tuple[int, int]) -> None:
        blocks = self.survey.anatomy.blocks
        lasts = [block.last for block in blocks]
        place: dict[int, tuple[int, Lane]] = {}
        for i, block in enumerate(blocks):
            ways: dict[Lane, tuple[int, ...]]
            ways = {"branch": block.branch, "shortcut": block.bypass, "add": (block.add,)}
            for way, steps in ways.items():
                for step in steps:
                    place.setdefault(step, (i, way))
        lanes: list[dict[Lane, list[_Item]]] = [{lane: [] for lane in LANES} for _ in blocks]
        for index in self.trace.steps:
            if index in place:
                i, lane = place[index]
            elif index < body[0]:
                self.stem.append(self._step(index))
                continue
            elif index > body[1]:
                self.head.append(self._step(index))
                continue
            else:  # a step between two blocks goes with the one that it leads to
                i = min(bisect_left(lasts, index), len(blocks) - 1)
                lane = "before" if index < blocks[i].add else "after"
            lanes[i][lane].append(self._step(index, blocks[i].path))
        found = (self._block(_BlockSteps(b, held)) for b, held in zip(blocks, lanes, strict=True))
        self.stages = [[next(found) for _ in s.blocks] for s in self.survey.anatomy.stages]

    def _step(self, index: int, inside: str = "") -> _Item:
        call = self.trace.calls[index]
        tail = call.path
        if inside and tail.startswith(inside):
            tail = tail[len(inside) :].lstrip(".:")
        name = call.path.rpartition(":")[2].rpartition(".")[2]
        given = tuple(self.trace.spec(port) for port in call.inputs)
        made = tuple(self.trace.spec(port) for port in call.outputs)
        spelling = (call.op, given, made)
        keys = (
            self._number(spelling),
            self._number(call.op),
            self._number(_role(call.op)),
        )
        return _Item(keys, tail, "" if name.isdigit() else name, call, spelling)

    def _block(self, steps: _BlockSteps) -> _Item:
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
        return _Item(keys, block.path.rpartition(".")[2], "", steps, spelling)

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
        return self.survey.amounts(call.index, self.trace.last_descendant[call.index])

    def shapes(self, ports: Sequence[Port]) -> tuple[tuple[int, ...], ...]:
        return tuple(self.trace.spec(port).shape for port in ports)

    def dtypes(self, ports: Sequence[Port]) -> tuple[str, ...]:
        return tuple(self.trace.spec(port).dtype for port in ports)


_NAMED = (Elementwise, Create, Unknown)
"""Ops that have nothing in common but their class if their names differ."""


def _role(op: Op) -> tuple[str, ...]:
    return (type(op).__name__, op.name) if isinstance(op, _NAMED) else (type(op).__name__,)


# Alignment ---------------------------------------------------------------------------------------

_GAP = 10_000
_CELLS = 4_096
_EDITS = 200
_Cost = Callable[[_Item, _Item], int | None]
_Pairs = list[tuple[int, int]]


def _step_cost(a: _Item, b: _Item) -> int | None:
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


def _block_cost(a: _Item, b: _Item) -> int:
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


def _align(left: Sequence[_Item], right: Sequence[_Item], cost: _Cost) -> _Pairs:
    """Pairs of places in two sequences, ascending in both; equal sequences pair one to one."""
    start, end = 0, 0
    short = min(len(left), len(right))
    while start < short and _identical(left[start], right[start]):
        start += 1
    while end < short - start and _identical(left[-1 - end], right[-1 - end]):
        end += 1
    middle = _anchored(
        left[start : len(left) - end], right[start : len(right) - end], cost, level=0
    )
    return [
        *((i, i) for i in range(start)),
        *((i + start, j + start) for i, j in middle),
        *((len(left) - i, len(right) - i) for i in range(end, 0, -1)),
    ]


def _identical(a: _Item, b: _Item) -> bool:
    return a.keys[0] == b.keys[0] and a.tail == b.tail and a.name == b.name


def _spelled(item: _Item) -> tuple[str, str, str]:
    return repr(item.spelling), item.tail, item.name


def _anchored(left: Sequence[_Item], right: Sequence[_Item], cost: _Cost, level: int) -> _Pairs:
    """The cheapest pairs where that is quickly found; else between anchors that are alike."""
    if not left or not right:
        return []
    if len(left) * len(right) <= _CELLS:
        return _cheapest(left, right, cost)
    if level > 2:
        return _in_pieces(left, right, cost)
    anchors = _common([a.keys[level] for a in left], [b.keys[level] for b in right])
    found: _Pairs = []
    i = j = 0
    for x, y in (*anchors, (len(left), len(right))):
        inside = _anchored(left[i:x], right[j:y], cost, level + 1)
        found.extend((i + a, j + b) for a, b in inside)
        if x < len(left):
            found.append((x, y))
        i, j = x + 1, y + 1
    return found


def _in_pieces(left: Sequence[_Item], right: Sequence[_Item], cost: _Cost) -> _Pairs:
    """The cheapest pairs of pieces at like places: what is left where nothing is alike."""
    pieces = -(-max(len(left), len(right)) // 48)
    found: _Pairs = []
    for k in range(pieces):
        i, x = (len(left) * n // pieces for n in (k, k + 1))
        j, y = (len(right) * n // pieces for n in (k, k + 1))
        found.extend((i + a, j + b) for a, b in _cheapest(left[i:x], right[j:y], cost))
    return found


def _cheapest(left: Sequence[_Item], right: Sequence[_Item], cost: _Cost) -> _Pairs:
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
    found: _Pairs = []
    i, j = len(left), len(right)
    while i and j:
        step = ways[i - 1][j]
        if step == 0:
            found.append((i - 1, j - 1))
        i -= step != 2
        j -= step != 1
    return found[::-1]


def _common(left: Sequence[int], right: Sequence[int]) -> _Pairs:
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


def _traced(history: Sequence[dict[int, int]], x: int, y: int) -> _Pairs:
    found: _Pairs = []
    for edits in range(len(history) - 1, -1, -1):
        before, k = history[edits], x - y
        down = k == -edits or (k != edits and before[k - 1] < before[k + 1])
        last = before[k + 1] if down else before[k - 1] + 1
        while x > max(last, 0) and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = (x, y - 1) if down else (x - 1, y)
    return found[::-1]


# Comparison --------------------------------------------------------------------------------------

_Row = tuple[_Item | None, _Item | None]
_SUMS = tuple(field.name for field in fields(Amounts))
_amounts_of = attrgetter(*_SUMS)
_TAKEN = frozenset({"in_channels", "in_features", "num_features"})
"""What an op is configured with only because its input is as it is."""


class _Comparison:
    """Two sides, paired once, and what follows from the pairs."""

    def __init__(self, left: Survey, right: Survey) -> None:
        flat = not (left.anatomy.stages and right.anatomy.stages)
        self.flat = flat
        numbers: dict[Hashable, int] = {}
        self.left = _Side(left, numbers, flat=flat)
        self.right = _Side(right, numbers, flat=flat)
        self.turned = self._is_turned()
        self.partner: dict[int, int] = {}
        self.paired: set[int] = set()

    def _is_turned(self) -> bool:
        """Whether to align right with left, so that both orders break ties alike."""
        mine, theirs = self.left.items, self.right.items
        sizes = [[len(stage) for stage in side.stages] for side in (self.left, self.right)]
        if len(mine) != len(theirs) or sizes[0] != sizes[1]:
            return (len(mine), sizes[0]) > (len(theirs), sizes[1])
        pairs = zip(mine, theirs, strict=True)
        unlike = next((pair for pair in pairs if not _identical(*pair)), None)
        return unlike is not None and _spelled(unlike[0]) > _spelled(unlike[1])

    def rows(self, left: Sequence[_Item], right: Sequence[_Item], cost: _Cost) -> list[_Row]:
        """Both sequences in one: pairs in order, between them first what only the left has."""
        if self.turned:
            pairs = [(i, j) for j, i in _align(right, left, cost)]
        else:
            pairs = _align(left, right, cost)
        found: list[_Row] = []
        i = j = 0
        for x, y in (*pairs, (len(left), len(right))):
            found.extend((item, None) for item in left[i:x])
            found.extend((None, item) for item in right[j:y])
            if x < len(left):
                found.append((left[x], right[y]))
            i, j = x + 1, y + 1
        return found

    def result(self) -> Difference:
        drafts = [draft for draft in self._drafts() if draft.left or draft.right]
        for draft in drafts:
            for _, mine, theirs in draft.every_row():
                if mine is not None and theirs is not None:
                    self.partner[mine.of.index] = theirs.of.index
                    self.paired.add(theirs.of.index)
        return Difference(
            self.left.survey,
            self.right.survey,
            tuple(self._network_changes()),
            tuple(self._section(draft) for draft in drafts),
            figures(self.left.survey, self.right.survey),
        )

    def _drafts(self) -> Iterator[_Draft]:
        yield self._end("steps" if self.flat else "stem", self.left.stem, self.right.stem)
        mine, theirs = (side.survey.anatomy.stages for side in (self.left, self.right))
        for i in range(0 if self.flat else max(len(mine), len(theirs))):
            stages = [s[i] if i < len(s) else None for s in (mine, theirs)]
            held = [s.stages[i] if i < len(s.stages) else [] for s in (self.left, self.right)]
            rows = self.rows(held[0], held[1], _block_cost)
            blocks = [self._block_draft(i + 1, *row) for row in rows]
            yield _Draft("stage", i + 1, stages[0], stages[1], [], blocks)
        yield self._end("head", self.left.head, self.right.head)

    def _end(self, role: Role, left: list[_Item], right: list[_Item]) -> _Draft:
        rows: list[tuple[Lane, _Item | None, _Item | None]] = [
            ("", *row) for row in self.rows(left, right, _step_cost)
        ]
        return _Draft(role, 0, bool(left) or None, bool(right) or None, rows, [])

    def _block_draft(self, number: int, left: _Item | None, right: _Item | None) -> _Draft:
        mine = None if left is None else left.of
        theirs = None if right is None else right.of
        rows: list[tuple[Lane, _Item | None, _Item | None]] = []
        for lane in LANES:
            held = [[] if side is None else side.lanes[lane] for side in (mine, theirs)]
            rows.extend((lane, *row) for row in self.rows(held[0], held[1], _step_cost))
        return _Draft("block", number, mine and mine.block, theirs and theirs.block, rows, [])

    def _section(self, draft: _Draft) -> Section:
        entries = tuple(self._entry(*row) for row in draft.rows)
        sections = tuple(self._section(inner) for inner in draft.inner)
        every = [*entries, *(e for section in sections for e in section.every_entry())]
        left = draft.left and self._part(
            self.left, draft.left, [e.left_amounts for e in every if e.left is not None]
        )
        right = draft.right and self._part(
            self.right, draft.right, [e.right_amounts for e in every if e.right is not None]
        )
        left, right = left or None, right or None
        changes: tuple[Change, ...] = ()
        kind: Kind
        if left is None or right is None:
            kind = "only right" if left is None else "only left"
        else:
            changes = tuple(_section_changes(left, right))
            kinds = {*(e.kind for e in entries), *(s.kind for s in sections)}
            kind = "changed" if changes or kinds - {"same"} else "same"
        return Section(draft.role, draft.number, kind, left, right, changes, entries, sections)

    def _part(self, side: _Side, of: object, amounts: Sequence[Amounts]) -> Part:
        summed = Amounts(*map(sum, zip(*map(_amounts_of, amounts), strict=True)))
        if isinstance(of, Stage):
            return Part(of.path, of, summed, of_stage(side.survey, of))
        return Part(of.path, of, summed) if isinstance(of, Block) else Part("", None, summed)

    def _entry(self, lane: Lane, left: _Item | None, right: _Item | None) -> Entry:
        mine = Amounts() if left is None else self.left.amounts(left.of)
        theirs = Amounts() if right is None else self.right.amounts(right.of)
        if right is None:
            only = None if left is None else left.of.index
            return Entry("only left", lane, only, None, (), mine, theirs)
        if left is None:
            return Entry("only right", lane, None, right.of.index, (), mine, theirs)
        changes = tuple(self._changes(left, right, mine, theirs))
        kind: Kind = "changed" if changes else "same"
        return Entry(kind, lane, left.of.index, right.of.index, changes, mine, theirs)

    def _changes(
        self, left: _Item, right: _Item, mine: Amounts, theirs: Amounts
    ) -> Iterator[Change]:
        a: Call = left.of
        b: Call = right.of
        changed = False
        if left.keys[0] != right.keys[0]:
            given = self.left.shapes(a.inputs), self.right.shapes(b.inputs)
            for part, x, y in _op_parts(a.op, b.op):
                follows = given[0] != given[1] and _is_taken(part, a.op, b.op)
                changed = True
                yield Change(part, x, y, follows)
            if given[0] != given[1]:
                changed = True
                yield Change("input_shape", *given, len(given[0]) == len(given[1]))
            made = self.left.shapes(a.outputs), self.right.shapes(b.outputs)
            if made[0] != made[1]:
                yield Change("output_shape", *made, changed)
                changed = True
            took = self.left.dtypes(a.inputs), self.right.dtypes(b.inputs)
            gave = self.left.dtypes(a.outputs), self.right.dtypes(b.outputs)
            if gave[0] != gave[1] and len(gave[0]) == len(gave[1]):
                yield Change("dtype", *gave, took[0] != took[1])
                changed = True
            elif took[0] != took[1] and len(took[0]) == len(took[1]):
                yield Change("dtype", *took, True)
                changed = True
        wires = self._crossed(a.inputs, b.inputs, sort=isinstance(a.op, Elementwise))
        if wires is not None:
            yield Change("takes", *wires)
        if mine.parameters != theirs.parameters:
            yield Change("parameters", mine.parameters, theirs.parameters, changed)
        elif mine.trainable != theirs.trainable:
            yield Change("trainable", mine.trainable, theirs.trainable)
        known = [None if amounts.uncounted else amounts.macs for amounts in (mine, theirs)]
        if known[0] != known[1]:
            yield Change("macs", known[0], known[1], changed)

    def _crossed(
        self, left: Sequence[Port], right: Sequence[Port], *, sort: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The paths of what made these tensors, if all are paired and not with each other."""
        makers = [self.left.maker(port) for port in left]
        others = [self.right.maker(port) for port in right]
        if len(makers) != len(others):
            return None
        seen = [m if m is None or m < 0 else self.partner.get(m) for m in makers]
        alone = any(s is None and m is not None for s, m in zip(seen, makers, strict=True))
        if alone or any(o is not None and o >= 0 and o not in self.paired for o in others):
            return None
        if sort:
            order = [sorted(x, key=lambda n: (n is None, n)) for x in (seen, others)]
        else:
            order = [seen, others]
        if order[0] == order[1]:
            return None
        return (_names(self.left, makers), _names(self.right, others))

    def _network_changes(self) -> Iterator[Change]:
        mine, theirs = self.left.trace, self.right.trace
        for part, a, b in (
            ("input", mine.inputs, theirs.inputs), ("output", mine.outputs, theirs.outputs),
        ):  # fmt: skip
            shapes = self.left.shapes(a), self.right.shapes(b)
            given = part == "input"
            if shapes[0] != shapes[1]:
                yield Change(f"{part}_shape", *shapes, not given)
            dtypes = self.left.dtypes(a), self.right.dtypes(b)
            if dtypes[0] != dtypes[1]:
                yield Change(f"{part}_dtype", *dtypes, not given)
        crossed = self._crossed(mine.outputs, theirs.outputs, sort=False)
        if crossed is not None:
            yield Change("returns", *crossed)
        errors = [
            None if t.failure is None else f"{t.failure.error}: {t.failure.message}"
            for t in (mine, theirs)
        ]
        if errors[0] != errors[1]:
            yield Change("failure", errors[0], errors[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """A section whose pairs are known and whose changes are not."""

    role: Role
    number: int
    left: Any
    """A stage, a block, True for other steps that are there, None if it has none."""
    right: Any
    rows: list[tuple[Lane, _Item | None, _Item | None]]
    inner: list[_Draft]

    def every_row(self) -> Iterator[tuple[Lane, _Item | None, _Item | None]]:
        yield from self.rows
        for draft in self.inner:
            yield from draft.every_row()


def _names(side: _Side, makers: Sequence[int | None]) -> tuple[str, ...]:
    return tuple(
        "outside" if m is None else "input" if m < 0 else side.trace.calls[m].path for m in makers
    )


def _section_changes(left: Part, right: Part) -> Iterator[Change]:
    mine, theirs = left.of, right.of
    if isinstance(mine, Block) and isinstance(theirs, Block):
        parts: tuple[tuple[str, object, object], ...] = (
            ("kind", mine.kind, theirs.kind),
            ("shortcut", mine.shortcut, theirs.shortcut),
        )
    elif isinstance(mine, Stage) and isinstance(theirs, Stage):
        did, does = left.effect, right.effect
        parts = (
            ("blocks", len(mine.blocks), len(theirs.blocks)),
            ("planes", did and did.planes, does and does.planes),
            ("dimensions", did and did.dimensions, does and does.dimensions),
        )
    else:
        parts = ()
    return (Change(part, a, b, True) for part, a, b in parts if a != b)


def _op_parts(a: Op, b: Op) -> list[tuple[str, object, object]]:
    """What differs in the configuration of two ops, field by field."""
    if a == b:
        return []
    found: list[tuple[str, object, object]] = []
    kinds = ("name", "kind", "transposed")
    if type(a) is not type(b) or any(getattr(a, k, None) != getattr(b, k, None) for k in kinds):
        found.append(("op", a, b))
    mine, theirs = window_of(a), window_of(b)
    if mine is not None and theirs is not None:
        found.extend(_field_parts(mine, theirs))
    if type(a) is type(b):
        parts = _field_parts(a, b)
        found.extend(part for part in parts if part[0] not in {"window", *kinds})
    return found or [("op", a, b)]


def _field_parts(a: Any, b: Any) -> Iterator[tuple[str, object, object]]:
    for part in (field.name for field in fields(a)):
        x, y = getattr(a, part), getattr(b, part)
        if x != y and not (part != "kernel_size" and _only_longer(x, y)):
            yield part, x, y


def _only_longer(x: object, y: object) -> bool:
    """Whether sizes say the same for another number of dimensions; the kernel tells of that."""
    if not isinstance(x, tuple) or not isinstance(y, tuple):
        return False
    return bool(x and y) and len(x) != len(y) and len({*x, *y}) == 1


def _is_taken(part: str, a: Op, b: Op) -> bool:
    """Whether a part of the configuration is only what the input asks for."""
    if part in _TAKEN:
        return True
    depthwise = all(
        isinstance(op, Conv) and op.groups == op.in_channels == op.out_channels for op in (a, b)
    )
    return depthwise and part in {"groups", "out_channels"}
