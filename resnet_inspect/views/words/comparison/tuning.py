"""What fine-tuning did, in a line each: the parts that are frozen, another stem, another head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.comparison.difference import Change, Difference, Entry, Section
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Linear, Norm, Op
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.sides import listed
from resnet_inspect.views.words.ops import op_pieces

_SIDES = ("left", "right")
_MOST = 12


def own_changes(entry: Entry) -> tuple[Change, ...]:
    """What changed of a step itself, but that it is frozen: of that a line says all at once."""
    frozen = frozen_on(entry)
    return tuple(
        change
        for change in entry.changes
        if not change.follows and not (frozen and change.part == "trainable")
    )


def frozen_on(entry: Entry) -> str:
    """The side on which alone a step of both has no parameter that is trained; "" if neither."""
    amounts = (entry.left_amounts, entry.right_amounts)
    if entry.left is None or entry.right is None or not all(one.parameters for one in amounts):
        return ""
    trained = [one.trainable > 0 for one in amounts]
    return "" if trained[0] == trained[1] else _SIDES[trained[0]]


def frozen(difference: Difference) -> Iterator[str]:
    """The parts that only one side has frozen, by stage."""
    for side, word in enumerate(_SIDES):
        found = [entry for entry in difference.entries if frozen_on(entry) == word]
        if not found:
            continue
        trace = (difference.left, difference.right)[side].trace
        norms = all(isinstance(_op(trace, entry, side), Norm) for entry in found)
        amounts = [(entry.left_amounts, entry.right_amounts)[side] for entry in found]
        parameters = sum(one.parameters for one in amounts)
        named = listed(_named(difference, trace, side, norms))
        of = "the norms of " if norms else ""
        yield f"frozen on the {word}: {of}{named} ({text.count(parameters, 'parameter')})"


def _named(difference: Difference, trace: Trace, side: int, norms: bool) -> list[str]:
    """The stem, the stages and the head that are frozen as a whole, of others their modules."""
    found: dict[str, list[str]] = {"stem": [], "steps": [], "stage": [], "head": []}
    stages: list[int] = []
    for section in difference.sections:
        entries = list(section.every_entry())
        mine = [entry for entry in entries if frozen_on(entry) == _SIDES[side]]
        if mine and (section.role == "steps" or not _is_whole(trace, entries, side, norms)):
            found[section.role] += _modules(trace, [_path(trace, entry, side) for entry in mine])
        elif mine and section.role == "stage":
            stages.append(section.number)
        elif mine:
            found[section.role].append(section.role)
    inner = [*found["steps"], *found["stage"]]
    within = [text.some(inner)] if inner else []
    return [*found["stem"], *_numbers(stages), *within, *found["head"]]


def _is_whole(trace: Trace, entries: Sequence[Entry], side: int, norms: bool) -> bool:
    """Whether all that could be frozen is: every parameter, or those of every norm."""
    amounts = [
        (entry.left_amounts, entry.right_amounts)[side]
        for entry in entries
        if (entry.left, entry.right)[side] is not None
        and (not norms or isinstance(_op(trace, entry, side), Norm))
    ]
    return not any(one.trainable for one in amounts)


def _modules(trace: Trace, paths: Sequence[str]) -> list[str]:
    """The outermost modules, each frozen as a whole, that hold these."""
    trained = {
        module.path for module in trace.modules if any(p.trainable for p in module.parameters)
    }
    found: dict[str, None] = {}
    for path in paths:
        while "." in path:
            parent = path.rpartition(".")[0]
            if any(f"{one}.".startswith(f"{parent}.") for one in trained):
                break
            path = parent
        found[path] = None
    return list(found)


def _numbers(stages: Sequence[int]) -> list[str]:
    if not stages:
        return []
    if len(stages) > 2 and list(stages) == list(range(stages[0], stages[-1] + 1)):
        return [f"stages {stages[0]} to {stages[-1]}"]
    return [f"stage{'s' if len(stages) > 1 else ''} {listed(map(str, stages))}"]


def other_end(difference: Difference, section: Section) -> tuple[str, tuple[Entry, ...]]:
    """What stands in place of several layers of a stem or head, and which steps that tells of.

    Of its layers those that changed: linear 1000 → dropout, linear 10. It is "" where there are no
    such. A step that is written alike on both sides, as with another padding, is not told of.
    """
    changed = [e for e in section.entries if e.kind.startswith("only") or own_changes(e)]
    changed = [e for e in changed if not _is_written_alike(difference, e)]
    if len(changed) < 2:
        return "", ()
    sides = []
    for side, survey in enumerate((difference.left, difference.right)):
        ops = [
            survey.trace.calls[index].op
            for entry in changed
            if (index := (entry.left, entry.right)[side]) is not None
        ]
        sides.append(ops)
    if not all(sides):
        return "", ()
    left, right = map(_steps, sides)
    return f"{section.role}: {left} → {right}", tuple(changed)


def _is_written_alike(difference: Difference, entry: Entry) -> bool:
    if entry.left is None or entry.right is None:
        return False
    sides = enumerate((difference.left.trace, difference.right.trace))
    return len({_step(_op(trace, entry, side)) for side, trace in sides}) == 1


def _steps(ops: Sequence[Op]) -> str:
    if len(ops) > _MOST:
        return text.count(len(ops), "step")
    return ", ".join(map(_step, ops))


def _step(op: Op) -> str:
    match op:
        case Linear(out_features=features):
            return f"linear {features}"
        case Conv(window=window, out_channels=channels):
            return f"conv {text.window(window.kernel_size, window.stride)} to {channels}"
        case _:
            return " ".join(op_pieces(op))


def _op(trace: Trace, entry: Entry, side: int) -> Op:
    index = (entry.left, entry.right)[side]
    assert index is not None
    return trace.calls[index].op


def _path(trace: Trace, entry: Entry, side: int) -> str:
    index = (entry.left, entry.right)[side]
    assert index is not None
    return trace.calls[index].path
