"""The comparison of two networks: from the pairs to what changed and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.comparison import changes
from resnet_inspect.analysis.comparison.difference import (
    Change,
    Difference,
    Entry,
    Kind,
    Part,
    Section,
)
from resnet_inspect.analysis.comparison.items import Item, Lane, Side
from resnet_inspect.analysis.comparison.pairing import Draft, Pairing
from resnet_inspect.analysis.comparison.totals import figures
from resnet_inspect.analysis.counts.amounts import Amounts, summed
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.net_effect import of_stage
from resnet_inspect.analysis.structure.survey import Survey


def compare(left: Survey, right: Survey) -> Difference:
    """The difference of two networks; that of (b, a) is that of (a, b) seen in a mirror."""
    pairs = Pairing(left, right)
    return Difference(
        left,
        right,
        tuple(changes.of_networks(pairs)),
        tuple(_section(pairs, draft) for draft in pairs.drafts),
        figures(left, right),
    )


def _section(pairs: Pairing, draft: Draft) -> Section:
    entries = tuple(_entry(pairs, *row) for row in draft.rows)
    sections = tuple(_section(pairs, inner) for inner in draft.inner)
    every = [*entries, *(e for section in sections for e in section.every_entry())]
    left = draft.left and _part(
        pairs.left, draft.left, [e.left_amounts for e in every if e.left is not None]
    )
    right = draft.right and _part(
        pairs.right, draft.right, [e.right_amounts for e in every if e.right is not None]
    )
    left, right = left or None, right or None
    changed: tuple[Change, ...] = ()
    kind: Kind
    if left is None or right is None:
        kind = "only right" if left is None else "only left"
    else:
        changed = tuple(changes.of_sections(left, right))
        kinds = {*(e.kind for e in entries), *(s.kind for s in sections)}
        kind = "changed" if changed or kinds - {"same"} else "same"
    return Section(draft.role, draft.number, kind, left, right, changed, entries, sections)


def _part(side: Side, of: object, amounts: Sequence[Amounts]) -> Part:
    held = summed(amounts)
    if isinstance(of, Stage):
        return Part(of.path, of, held, of_stage(side.survey, of))
    return Part(of.path, of, held) if isinstance(of, Block) else Part("", None, held)


def _entry(pairs: Pairing, lane: Lane, left: Item | None, right: Item | None) -> Entry:
    mine = Amounts() if left is None else pairs.left.amounts(left.of)
    theirs = Amounts() if right is None else pairs.right.amounts(right.of)
    if right is None:
        only = None if left is None else left.of.index
        return Entry("only left", lane, only, None, (), mine, theirs)
    if left is None:
        return Entry("only right", lane, None, right.of.index, (), mine, theirs)
    changed = tuple(changes.of_steps(pairs, left, right, mine, theirs))
    kind: Kind = "changed" if changed else "same"
    return Entry(kind, lane, left.of.index, right.of.index, changed, mine, theirs)
