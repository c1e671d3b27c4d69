"""The items of two networks in pairs, section by section: what the changes are told from.

Stages are paired by number, blocks within a stage in order, the layers of a block by their lane
(branch, shortcut, ...), stem with stem and head with head. Where either network has no residual
block, all steps are aligned in order. A network with other names is still the same network.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_inspect.analysis.comparison.alignment import Cost, align, block_cost, step_cost
from resnet_inspect.analysis.comparison.difference import Role
from resnet_inspect.analysis.comparison.items import LANES, Item, Lane, Side, identical, spelled
from resnet_inspect.analysis.structure.survey import Survey

_Row = tuple[Item | None, Item | None]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A section whose pairs are known and whose changes are not."""

    role: Role
    number: int
    left: Any
    """A stage, a block, True for other steps that are there, None if it has none."""
    right: Any
    rows: list[tuple[Lane, Item | None, Item | None]]
    inner: list[Draft]

    def every_row(self) -> Iterator[tuple[Lane, Item | None, Item | None]]:
        """The rows of this section and of those in it."""
        yield from self.rows
        for draft in self.inner:
            yield from draft.every_row()


class Pairing:
    """Two networks cut into items, each paired once."""

    def __init__(self, left: Survey, right: Survey) -> None:
        self._flat = not (left.anatomy.stages and right.anatomy.stages)
        numbers: dict[Hashable, int] = {}
        self.left = Side(left, numbers, flat=self._flat)
        self.right = Side(right, numbers, flat=self._flat)
        self._turned = self._is_turned()
        self.drafts = [draft for draft in self._drafts() if draft.left or draft.right]
        self.partner = {
            mine.of.index: theirs.of.index
            for draft in self.drafts
            for _, mine, theirs in draft.every_row()
            if mine is not None and theirs is not None
        }
        """For each step of the left one the step of the right one that it is paired with."""
        self.paired = set(self.partner.values())
        """Those of the right one."""

    def _is_turned(self) -> bool:
        """Whether to align right with left, so that both orders break ties alike."""
        mine, theirs = self.left.items, self.right.items
        sizes = [[len(stage) for stage in side.stages] for side in (self.left, self.right)]
        if len(mine) != len(theirs) or sizes[0] != sizes[1]:
            return (len(mine), sizes[0]) > (len(theirs), sizes[1])
        pairs = zip(mine, theirs, strict=True)
        unlike = next((pair for pair in pairs if not identical(*pair)), None)
        return unlike is not None and spelled(unlike[0]) > spelled(unlike[1])

    def _rows(self, left: Sequence[Item], right: Sequence[Item], cost: Cost) -> list[_Row]:
        """Both sequences in one: pairs in order, between them first what only the left has."""
        if self._turned:
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

    def _drafts(self) -> Iterator[Draft]:
        yield self._end("steps" if self._flat else "stem", self.left.stem, self.right.stem)
        mine, theirs = (side.survey.anatomy.stages for side in (self.left, self.right))
        for i in range(0 if self._flat else max(len(mine), len(theirs))):
            stages = [s[i] if i < len(s) else None for s in (mine, theirs)]
            held = [s.stages[i] if i < len(s.stages) else [] for s in (self.left, self.right)]
            rows = self._rows(held[0], held[1], block_cost)
            blocks = [self._block_draft(i + 1, *row) for row in rows]
            yield Draft("stage", i + 1, stages[0], stages[1], [], blocks)
        yield self._end("head", self.left.head, self.right.head)

    def _end(self, role: Role, left: list[Item], right: list[Item]) -> Draft:
        rows: list[tuple[Lane, Item | None, Item | None]] = [
            ("", *row) for row in self._rows(left, right, step_cost)
        ]
        return Draft(role, 0, bool(left) or None, bool(right) or None, rows, [])

    def _block_draft(self, number: int, left: Item | None, right: Item | None) -> Draft:
        mine = None if left is None else left.of
        theirs = None if right is None else right.of
        rows: list[tuple[Lane, Item | None, Item | None]] = []
        for lane in LANES:
            held = [[] if side is None else side.lanes[lane] for side in (mine, theirs)]
            rows.extend((lane, *row) for row in self._rows(held[0], held[1], step_cost))
        return Draft("block", number, mine and mine.block, theirs and theirs.block, rows, [])
