"""How two networks differ, in sentences: a fact a line, the large ones first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from resnet_inspect.analysis.comparison.difference import Change, Difference, Entry, Role, Section
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Conv, Window, window_of
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.changes import (
    PART_NAMES,
    against,
    change_text,
    figure_texts,
    listed,
    ratio,
)
from resnet_inspect.views.words.ops import uniform

_ENDS: tuple[Role, ...] = ("stem", "head")
_MOST = 8


def summary(difference: Difference, where: str = "") -> tuple[str, ...]:
    """How two networks differ, a fact a line; "no difference", and where, if they do not."""
    if difference.equal:
        names = sum(_path(difference, e, 0) != _path(difference, e, 1) for e in difference.entries)
        alike = f"no difference{where}"
        if names:
            alike += f" but the names of {text.count(names, 'step')}"
        return (alike,)
    found: list[str] = [
        *(change_text(change) for change in difference.changes if not change.follows),
        *_depths(difference),
        *_kinds(difference),
        *_effects(difference),
        *_planes(difference),
        *_shortcuts(difference),
        *_edited(difference),
        *_figures(difference, _TOLD),
    ]
    if not found:
        found.extend(_figures(difference, tuple(difference.figure)))
    if not found:
        changed = sum(entry.kind != "same" for entry in difference.entries)
        found.append(f"other tensors in {text.count(changed, 'step')}")
    found.extend(_alike(difference))
    return tuple(text.visible(line) for line in found)


def _path(difference: Difference, entry: Entry, side: int) -> str:
    index = (entry.left, entry.right)[side]
    trace = (difference.left, difference.right)[side].trace
    return "" if index is None else trace.calls[index].path


def _stages(difference: Difference) -> list[Section]:
    return [section for section in difference.sections if section.role == "stage"]


def _numbers(survey: Survey) -> list[str]:
    return [str(len(stage.blocks)) for stage in survey.anatomy.stages]


def _depths(difference: Difference) -> Iterator[str]:
    """Blocks per stage."""
    left, right = _numbers(difference.left), _numbers(difference.right)
    if left != right:
        yield f"blocks per stage: {against(', '.join(left), ', '.join(right))}"


def _kinds_of(survey: Survey) -> dict[tuple[str, int], None]:
    """Kinds of block with their number of convolutions, in order of appearance."""
    calls = survey.trace.calls
    return dict.fromkeys(
        (block.kind, sum(isinstance(calls[step].op, Conv) for step in block.branch))
        for block in survey.anatomy.blocks
    )


def _kinds(difference: Difference) -> Iterator[str]:
    """Basic blocks or bottlenecks, and of how many convolutions."""
    if not _stages(difference):
        return
    left, right = _kinds_of(difference.left), _kinds_of(difference.right)
    if set(left) != set(right):
        counted = iter([" convolution"])

        def written(kinds: Iterable[tuple[str, int]]) -> str:
            parts = []
            for kind, number in kinds:
                noun = next(counted, "")
                plural = "s" if noun and number != 1 else ""
                parts.append(f"{kind} ({number}{noun}{plural})")
            return listed(parts)

        mine = written(left)
        yield f"blocks: {against(mine, written(right))}"
        return
    yield from _grouped(
        (f"{change.left} against {change.right}", _held_by(block))
        for stage in _stages(difference)
        for block in stage.sections
        for change in block.changes
        if change.part == "kind"
    )


def _held_by(section: Section) -> str:
    part = section.left or section.right
    return "" if part is None else part.path


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Every (words, place) as "stages 2 and 3: words", those with the same words together."""
    places: dict[str, list[str]] = {}
    for words, place in pairs:
        places.setdefault(words, []).append(place)
    return [f"{_places(where)}: {words}" for words, where in places.items()]


def _places(where: Sequence[str]) -> str:
    if all(place.isdigit() for place in where):
        return f"stage{'s' if len(where) > 1 else ''} {listed(where)}"
    return listed(where) if len(where) <= 4 else text.count(len(where), "block")


def _effects(difference: Difference) -> Iterator[str]:
    """What each stage did, where the networks do not do the same."""
    found = []
    for stage in _stages(difference):
        words = [
            change_text(change) for change in stage.changes
            if change.part in {"planes", "dimensions"}
        ]  # fmt: skip
        if words:
            found.append((", ".join(words), str(stage.number)))
    yield from _grouped(found)


def _planes(difference: Difference) -> Iterator[str]:
    """Channels after each stage."""
    channels = [
        [s.trace.activations[stage.output].tensor.shape[1] for stage in s.anatomy.stages]
        for s in (difference.left, difference.right)
    ]
    if not _stages(difference) or channels[0] == channels[1]:
        return
    words = [", ".join(map(str, row)) for row in channels]
    ratios = {Fraction(b, a) for a, b in zip(*channels, strict=False) if a}
    times = ""
    if len(ratios) == 1 and len(channels[0]) == len(channels[1]) > 1:
        times = f" ({_times(ratios.pop())})"
    yield f"planes after each stage: {against(*words)}{times}"


def _times(ratio: Fraction) -> str:
    if ratio.denominator == 1:
        return f"×{ratio.numerator}"
    return f"÷{ratio.denominator}" if ratio.numerator == 1 else f"×{float(ratio):.3g}"


def _shortcuts(difference: Difference) -> Iterator[str]:
    """Identities and projections of each stage, where not as many are projections."""
    found = []
    for stage in _stages(difference):
        if stage.left is None or stage.right is None:
            continue
        counts = [_shortcuts_of(part.of) for part in (stage.left, stage.right)]
        if counts[0][0] != counts[1][0]:
            words = against(
                _shortcut_words(*counts[0], noun=" shortcut"), _shortcut_words(*counts[1])
            )
            found.append((words, str(stage.number)))
    yield from _grouped(found)


def _shortcuts_of(stage: object) -> tuple[int, int]:
    assert isinstance(stage, Stage)
    projections = sum(block.shortcut == "projection" for block in stage.blocks)
    return projections, len(stage.blocks) - projections


def _shortcut_words(projections: int, identities: int, noun: str = "") -> str:
    """How many of which: "3 identity shortcuts", "1 projection and 2 identities"."""
    one = not (projections and identities)
    if noun and one:
        kind, number = ("projection", projections) if projections else ("identity", identities)
        return text.count(number, f"{kind}{noun}")
    parts = [(projections, "projection"), (identities, "identity")]
    return listed(text.count(number, word) for number, word in parts if number)


# Edits -------------------------------------------------------------------------------------------


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


def _edited(difference: Difference) -> list[str]:
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
            else:
                edits.extend(_edits_of(difference, section.entries, ""))
            continue
        for block in section.sections:
            if block.left is None or block.right is None or _is_rebuilt(difference, block):
                continue
            stride = _moved_stride(difference, block)
            if stride:
                moved.append((stride, block.left.path))
            else:
                edits.extend(_edits_of(difference, block.entries, block.left.path))
    lines.extend(_grouped(moved))
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
        if not entry.itself:
            continue
        side = 1 if entry.left is None else 0
        path = _path(difference, entry, side)
        if where and path.startswith(where):
            path = path[len(where) :].lstrip(".") or path
        label = path.lstrip(":")
        if entry.kind in {"only left", "only right"}:
            yield _Edit(label, where, entry.kind.removeprefix("only "), ())
        else:
            yield _Edit(label, where, "", tuple(c for c in entry.changes if not c.follows))


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
    lines = []
    for group in changed.values():
        words = []
        for alike in zip(*(edit.changes for edit in group), strict=True):
            ratio = _step_of(alike[0])
            if len({(change.left, change.right) for change in alike}) == 1:
                words.append(change_text(alike[0]))
            elif isinstance(ratio, Fraction):
                words.append(f"{PART_NAMES.get(alike[0].part, alike[0].part)} {_times(ratio)}")
        lines.append(f"{group[0].label}: {', '.join(words)}{_in([e.where for e in group])}")
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
    changed = [entry for entry in block.entries if entry.itself]
    branch = all(entry.lane == "branch" and entry.kind == "changed" for entry in changed)
    if len(changed) != 2 or not branch:
        return ""
    if any([c.part for c in e.changes if not c.follows] != ["stride"] for e in changed):
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


# Figures, and what is the same -------------------------------------------------------------------

_TOLD = (
    "convolutions", "parameters", "trainable", "macs", "activation_bytes_distinct",
    "receptive_field", "jump",
)  # fmt: skip


def _figures(difference: Difference, keys: Sequence[str]) -> Iterator[str]:
    """The totals that differ and that people compare."""
    written = figure_texts(difference)
    told = [key for key in keys if key != "trainable" or not _is_all_trainable(difference)]
    for key in told:
        figure = difference.figure[key]
        if figure.left == figure.right:
            continue
        label, left, right = written[key]
        if key in {"receptive_field", "jump"}:
            label = "receptive field" if key == "receptive_field" else "stride of the last map"
            left, right = (
                text.NOT_KNOWN if value is None else uniform(value)
                for value in (figure.left, figure.right)
            )
        elif key == "activation_bytes_distinct":
            label = "activation memory"
        yield f"{label} {left} against {right}{ratio(figure)}"


def _is_all_trainable(difference: Difference) -> bool:
    frozen = difference.figure["frozen"]
    return not frozen.left and not frozen.right


def _alike(difference: Difference) -> Iterator[str]:
    """One line for what is the same."""
    named = {section.role: section for section in difference.sections}
    figure = difference.figure
    found: list[str] = [end for end in _ENDS[:1] if end in named and named[end].kind == "same"]
    stages = _stages(difference)
    if stages:
        depths = _numbers(difference.left)
        if depths == _numbers(difference.right):
            found.append(f"blocks per stage ({', '.join(depths)})")
        kinds = list(_kinds_of(difference.left))
        if set(kinds) == set(_kinds_of(difference.right)):
            found.append(f"kinds of block ({listed(dict.fromkeys(k for k, _ in kinds))})")
        if not any(
            c.part == "shortcut" for s in stages for b in s.sections for c in b.changes
        ) and (depths == _numbers(difference.right)):
            found.append("shortcuts")
    found.extend(end for end in _ENDS[1:] if end in named and named[end].kind == "same")
    for key, label in (("parameters", "parameters"), ("macs", "MACs")):
        if figure[key].left == figure[key].right:
            found.append(label)
    if figure["receptive_field"].left == figure["receptive_field"].right is not None:
        found.append("receptive field")
    if found:
        single = len(found) == 1 and found[0] in {*_ENDS, "receptive field"}
        yield f"{listed(found)} {'is' if single else 'are'} the same"
