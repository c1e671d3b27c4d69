"""The comparison of two networks: from the pairs to what changed and what follows from it.

Stages are paired by number, blocks within a stage in order, the layers of a block by their lane
(branch, shortcut, ...), stem with stem and head with head. Where either network has no residual
block, all steps are aligned in order. A network with other names is still the same network.

A change that follows from what a layer is given (its input shape, the channels it takes, the
counts that result) is told apart from a change of the layer itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from resnet_inspect.analysis.comparison.alignment import (
    LANES,
    Cost,
    Item,
    Lane,
    Side,
    align,
    block_cost,
    identical,
    spelled,
    step_cost,
)
from resnet_inspect.analysis.comparison.difference import (
    Change,
    Difference,
    Entry,
    Figure,
    Kind,
    Part,
    Role,
    Section,
)
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.net_effect import of_stage
from resnet_inspect.analysis.structure.survey import Amounts, Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import LEARNED, Conv, Elementwise, Op, configuration, window_of
from resnet_inspect.traces.tensors import Port


def compare(left: Survey, right: Survey) -> Difference:
    """The difference of two networks; that of (b, a) is that of (a, b) seen in a mirror."""
    return _Comparison(left, right).result()


def figures(left: Survey, right: Survey) -> tuple[Figure, ...]:
    """The totals of both networks, side by side.

    A lock does not hold how positions move (`LEARNED`). Where that matters its fields are not those
    of its network, so that those of neither side are given where they differ.
    """
    mine, theirs = _totals(left), _totals(right)
    traces = left.trace, right.trace
    if any(trace.provenance.source == "lock" for trace in traces) and (
        any(map(_moves_positions, traces)) or None in (mine[_FIELD], theirs[_FIELD])
    ):
        for figure in (_FIELD, "jump", "last_feature_map"):
            if mine[figure] != theirs[figure]:
                mine[figure] = theirs[figure] = None
    return tuple(Figure(key, mine[key], theirs[key]) for key in mine)


_FIELD = "receptive_field"


def _moves_positions(trace: Trace) -> bool:
    """Whether ops say how positions move in fields that a lock does not hold."""
    ops = {trace.calls[index].op for index in trace.steps}
    return any(getattr(op, name, None) is not None for op in ops for name in LEARNED - {"of_input"})


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


_Row = tuple[Item | None, Item | None]
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
        self.left = Side(left, numbers, flat=flat)
        self.right = Side(right, numbers, flat=flat)
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
        unlike = next((pair for pair in pairs if not identical(*pair)), None)
        return unlike is not None and spelled(unlike[0]) > spelled(unlike[1])

    def rows(self, left: Sequence[Item], right: Sequence[Item], cost: Cost) -> list[_Row]:
        """Both sequences in one: pairs in order, between them first what only the left has."""
        if self.turned:
            pairs = [(i, j) for j, i in align(right, left, cost)]
        else:
            pairs = align(left, right, cost)
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
            rows = self.rows(held[0], held[1], block_cost)
            blocks = [self._block_draft(i + 1, *row) for row in rows]
            yield _Draft("stage", i + 1, stages[0], stages[1], [], blocks)
        yield self._end("head", self.left.head, self.right.head)

    def _end(self, role: Role, left: list[Item], right: list[Item]) -> _Draft:
        rows: list[tuple[Lane, Item | None, Item | None]] = [
            ("", *row) for row in self.rows(left, right, step_cost)
        ]
        return _Draft(role, 0, bool(left) or None, bool(right) or None, rows, [])

    def _block_draft(self, number: int, left: Item | None, right: Item | None) -> _Draft:
        mine = None if left is None else left.of
        theirs = None if right is None else right.of
        rows: list[tuple[Lane, Item | None, Item | None]] = []
        for lane in LANES:
            held = [[] if side is None else side.lanes[lane] for side in (mine, theirs)]
            rows.extend((lane, *row) for row in self.rows(held[0], held[1], step_cost))
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

    def _part(self, side: Side, of: object, amounts: Sequence[Amounts]) -> Part:
        summed = Amounts(*map(sum, zip(*map(_amounts_of, amounts), strict=True)))
        if isinstance(of, Stage):
            return Part(of.path, of, summed, of_stage(side.survey, of))
        return Part(of.path, of, summed) if isinstance(of, Block) else Part("", None, summed)

    def _entry(self, lane: Lane, left: Item | None, right: Item | None) -> Entry:
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

    def _changes(self, left: Item, right: Item, mine: Amounts, theirs: Amounts) -> Iterator[Change]:
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
    rows: list[tuple[Lane, Item | None, Item | None]]
    inner: list[_Draft]

    def every_row(self) -> Iterator[tuple[Lane, Item | None, Item | None]]:
        yield from self.rows
        for draft in self.inner:
            yield from draft.every_row()


def _names(side: Side, makers: Sequence[int | None]) -> tuple[str, ...]:
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
    a, b = configuration(a), configuration(b)
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
