"""Which steps of two networks are other ones, in sentences: those of like blocks together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from resnet_inspect.analysis.comparison.difference import Change, Difference, Entry, Section
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Conv, Window, window_of
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.changes import PART_NAMES, change_text
from resnet_inspect.views.words.comparison.sides import grouped, listed
from resnet_inspect.views.words.comparison.totals import times_of
from resnet_inspect.views.words.comparison.tuning import other_end, own_changes
from resnet_inspect.views.words.ops import uniform

_MOST = 8


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of a step itself, and where it stands."""

    label: str
    """The step: its path within its block, or its whole path."""
    where: str
    """The path of its block; "" outside of blocks."""
    side: str
    """"left" or "right" for a step that only this one has."""
    changes: tuple[Change, ...]


def edited(difference: Difference) -> list[str]:
    """Steps that are other ones, those of like blocks together.

    Blocks of unlike kinds are left to the line that says so: none of their layers is the same.
    """
    lines: list[str] = []
    edits: list[_Edit] = []
    moved: list[tuple[str, str]] = []
    for section in difference.sections:
        if section.role != "stage":
            if section.left is None or section.right is None:
                side = "left" if section.right is None else "right"
                steps = text.count(len(section.entries), "step")
                lines.append(f"{section.role} only on the {side} ({steps})")
                continue
            line, told = ("", ()) if section.role == "steps" else other_end(difference, section)
            lines.extend([line] if line else [])
            others = [entry for entry in section.entries if entry not in told]
            edits.extend(_edits_of(difference, others, ""))
            continue
        for block in section.sections:
            if block.left is None or block.right is None or _is_rebuilt(difference, block):
                continue
            stride = _moved_stride(difference, block)
            if stride:
                moved.append((stride, block.left.path))
            else:
                edits.extend(_edits_of(difference, block.entries, block.left.path))
    lines.extend(grouped(moved))
    lines.extend(_edit_lines(edits))
    if len(lines) > _MOST:
        left_out = text.count(len(lines) - _MOST, "further change")
        lines = [*lines[:_MOST], f"{left_out} of single layers"]
    return lines


def _is_rebuilt(difference: Difference, block: Section) -> bool:
    if any(change.part == "kind" for change in block.changes):
        return True
    sides = zip((difference.left, difference.right), (block.left, block.right), strict=True)
    counts = [
        sum(isinstance(survey.trace.calls[step].op, Conv) for step in part.of.branch)
        for survey, part in sides
        if part is not None and isinstance(part.of, Block)
    ]
    return len(set(counts)) > 1


def _edits_of(difference: Difference, entries: Iterable[Entry], where: str) -> Iterator[_Edit]:
    for entry in entries:
        alone = entry.kind in {"only left", "only right"}
        changes = own_changes(entry)
        if not alone and not changes:
            continue
        side = 1 if entry.left is None else 0
        path = difference.path_of(entry, side)
        if where and path.startswith(where):
            path = path[len(where) :].lstrip(".") or path
        label = path.lstrip(":")
        yield _Edit(label, where, entry.kind.removeprefix("only ") if alone else "", changes)


def _edit_lines(edits: Sequence[_Edit]) -> list[str]:
    changed: dict[tuple[object, ...], list[_Edit]] = {}
    alone: dict[tuple[str, str], list[str]] = {}
    for i, edit in enumerate(edits):
        if edit.side:
            alone.setdefault((edit.label, edit.side), []).append(edit.where)
        else:
            steps = tuple((change.part, _step_of(change)) for change in edit.changes)
            key = (edit.label if edit.where else i, steps)
            changed.setdefault(key, []).append(edit)
    told: dict[str, list[str]] = {}
    for group in changed.values():
        words = []
        for alike in zip(*(edit.changes for edit in group), strict=True):
            ratio = _step_of(alike[0])
            if len({(change.left, change.right) for change in alike}) == 1:
                words.append(change_text(alike[0]))
            elif isinstance(ratio, Fraction):
                words.append(f"{PART_NAMES.get(alike[0].part, alike[0].part)} {times_of(ratio)}")
        said = f"{group[0].label}: {', '.join(words)}"
        told.setdefault(said, []).extend(edit.where for edit in group)
    lines = [f"{said}{_in(places)}" for said, places in told.items()]
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, side), where in alone.items():
        together.setdefault((side, tuple(where)), []).append(label)
    for (side, places), labels in together.items():
        named = listed(labels) if len(labels) <= 6 else text.count(len(labels), "step")
        lines.append(f"{named} only on the {side}{_in(places)}")
    return lines


def _step_of(change: Change) -> object:
    """The ratio of two counts, else both values: what is equal for like changes."""
    a, b = change.left, change.right
    if type(a) is int and type(b) is int and a > 0 and b > 0 and change.part.startswith("out_"):
        return Fraction(b, a)
    return (a, b)


def _in(where: Sequence[str]) -> str:
    places = [place for place in dict.fromkeys(where) if place]
    if not places:
        return ""
    return f" in {listed(places) if len(places) <= 4 else text.count(len(places), 'block')}"


def _moved_stride(difference: Difference, block: Section) -> str:
    """What is said where all that changed is which convolution of a branch has the stride."""
    changed = [e for e in block.entries if e.kind.startswith("only") or own_changes(e)]
    branch = all(entry.lane == "branch" and entry.kind == "changed" for entry in changed)
    if len(changed) != 2 or not branch:
        return ""
    if any([c.part for c in own_changes(e)] != ["stride"] for e in changed):
        return ""
    strided: list[tuple[str, Call]] = []
    for side, survey in enumerate((difference.left, difference.right)):
        calls = [
            survey.trace.calls[index]
            for entry in changed
            for index in ((entry.left, entry.right)[side],)
            if index is not None
        ]
        windows = [(call, w) for call in calls if (w := window_of(call.op)) is not None]
        found = [(call, w) for call, w in windows if any(size != 1 for size in w.stride)]
        if len(found) != 1:
            return ""
        call, chosen = found[0]
        strided.append((uniform(chosen.stride), call))
    (stride, mine), (other, theirs) = strided
    if stride != other or mine.path == theirs.path:
        return ""
    words = [
        f"{text.sizes(_window(call).kernel_size)} ({call.path.rpartition('.')[2]})"
        for call in (mine, theirs)
    ]
    versions = ""
    of = None if block.left is None else block.left.of
    if isinstance(of, Block) and of.kind == "bottleneck":
        first = changed[0]
        if _is_one(mine) < _is_one(theirs) and theirs.index == first.right:
            versions = ", v1.5 against v1"
        elif _is_one(theirs) < _is_one(mine) and mine.index == first.left:
            versions = ", v1 against v1.5"
    return f"the stride of {stride} stands on the {words[0]} against the {words[1]}{versions}"


def _window(call: Call) -> Window:
    found = window_of(call.op)
    assert found is not None
    return found


def _is_one(call: Call) -> bool:
    return all(size == 1 for size in _window(call).kernel_size)
