"""Networks to be compared, and what holds of any comparison: it sums up, and has a mirror image."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.comparison.difference import Change, Difference, Entry, Section
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv

FEW = ("broken", "functional", "names", "oddities", "plain", "resnet18", "resnet50", "resnet50_v1")
PAIRS = [*product(FEW, FEW), *(("resnet34", name) for name in NAMES)]


def of(left: str, right: str) -> Difference:
    return compare(survey_of(left), survey_of(right))


def plain(layers: list[tuple[int, int]], named: str = "features") -> Survey:
    """Convolutions in a row."""
    hand = ByHand()
    made, before = hand.input(1, 3, 8, 8), 3
    for i, (width, kernel) in enumerate(layers):
        made = hand.step(
            f"{named}.{i}", conv(before, width, window(kernel, 1, kernel // 2)), made,
            (1, width, 8, 8), weights={"weight": (width, before, kernel, kernel)},
        )  # fmt: skip
        before = width
    return Survey(hand.trace(made))


OTHER = {"only left": "only right", "only right": "only left"}


def turned(change: Change) -> Change:
    return replace(change, left=change.right, right=change.left)


def mirrored(entry: Entry) -> Entry:
    return Entry(
        OTHER.get(entry.kind, entry.kind),  # type: ignore[arg-type]
        entry.lane, entry.right, entry.left, tuple(map(turned, entry.changes)),
        entry.right_amounts, entry.left_amounts,
    )  # fmt: skip


def outline(section: Section) -> tuple[object, ...]:
    """A section as plain data, with what stands in it in no order."""
    return (
        section.role, section.number, section.kind, section.left, section.right, section.changes,
        frozenset(section.entries), frozenset(map(outline, section.sections)),
    )  # fmt: skip


def turned_outline(section: Section) -> tuple[object, ...]:
    return (
        section.role, section.number, OTHER.get(section.kind, section.kind), section.right,
        section.left, tuple(map(turned, section.changes)),
        frozenset(map(mirrored, section.entries)), frozenset(map(turned_outline, section.sections)),
    )  # fmt: skip


def check(found: Difference) -> None:
    """What is true of every difference."""
    for survey, side in ((found.left, "left"), (found.right, "right")):
        indexes = [getattr(e, side) for e in found.entries if getattr(e, side) is not None]
        assert sorted(indexes) == list(survey.trace.steps)
    for entry in found.entries:
        both = entry.left is not None and entry.right is not None
        assert both == (entry.kind in {"same", "changed"})
        assert bool(entry.changes) == (entry.kind == "changed")
        assert all(change.left != change.right for change in entry.changes)


def check_mirror(a: Survey, b: Survey) -> None:
    one, other = compare(a, b), compare(b, a)
    assert list(map(turned_outline, one.sections)) == list(map(outline, other.sections))
    assert tuple(map(turned, one.changes)) == other.changes
    assert one.equal == other.equal
    assert len(one.edits) == len(other.edits)
    assert [(f.key, f.right, f.left) for f in one.figures] == [
        (f.key, f.left, f.right) for f in other.figures
    ]


def edited(trace: Trace, index: int, **parts: object) -> Trace:
    """The trace with another window, or other fields, for one convolution."""
    calls = list(trace.calls)
    op = calls[index].op
    assert isinstance(op, Conv)
    windows = {key: parts.pop(key) for key in list(parts) if hasattr(op.window, key)}
    op = replace(op, window=replace(op.window, **windows), **parts)
    calls[index] = replace(calls[index], op=op)
    return replace(trace, calls=tuple(calls))


def convolutions(trace: Trace) -> list[int]:
    return [i for i in trace.steps if isinstance(trace.calls[i].op, Conv)]
