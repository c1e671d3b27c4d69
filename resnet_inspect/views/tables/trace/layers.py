"""The layer-by-layer trace: a row for each call, under the stages and blocks it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from resnet_inspect.analysis.failure import report
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import call_line, sections
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name

SHOWN = (
    "path", "op", "kernel_size", "stride", "padding", "input_shape", "output_shape",
    "parameters", "share", "macs", "note",
)  # fmt: skip

HEEDS = frozenset({"everything", "only", "match", "where", "stage", "depth", "fold"})
"""The fields of a selection that this view has a use for."""


def view(
    survey: Survey, selection: Selection, beside: assembly.Widen = assembly.unchanged
) -> Table:
    """Every selected step in order, each stage and block with a row above its own."""
    selection.check_for(survey)
    lines = under_sections(sections(survey, apart=True), _items(survey, selection, beside))
    if selection.fold:
        lines = fold(survey, lines)
    return assembly.table(
        survey, "layers", [*lines, *left_out(survey, lines)], selection.columns or SHOWN
    )


def _items(survey: Survey, selection: Selection, beside: assembly.Widen) -> list[Line]:
    """Lines of the selected steps, or of the calls at `depth` that hold them."""
    trace = survey.trace
    stage = next((s for s in survey.anatomy.stages if s.number == selection.stage), None)
    depth: list[int] = []
    for call in trace.calls:
        depth.append(0 if call.parent is None else depth[call.parent] + 1)
    chosen: dict[int, None] = {}
    for index in (*trace.steps, *_raised_alone(survey)):
        if not selection.takes(trace, trace.calls[index]):
            continue
        if stage is not None and not stage.holds(index):
            continue
        while selection.depth is not None and depth[index] > selection.depth:
            parent = trace.calls[index].parent
            assert parent is not None
            index = parent
        chosen[index] = None
    lines = [call_line(survey, trace.calls[index]) for index in chosen]
    return assembly.asked_for(survey, "layers", lines, selection.where, beside)


def _raised_alone(survey: Survey) -> tuple[int, ...]:
    """The module that raised, if it raised before it called anything: it is no step."""
    failure, trace = survey.trace.failure, survey.trace
    if failure is None or failure.call == 0 or failure.call in trace.steps:
        return ()
    return () if trace.children[failure.call] else (failure.call,)


def under_sections(headings: Sequence[Line], items: Sequence[Line]) -> list[Line]:
    """The items in order, each section that holds any before the first of them.

    An item that is a section itself (a block at `--depth 2`) becomes the section's line.
    """
    order = sorted(
        [*((line.spans[0][0], -line.spans[0][1], 0, line) for line in headings),
         *((line.spans[0][0], -line.spans[0][1], 1, line) for line in items)],
        key=lambda entry: entry[:3],
    )  # fmt: skip
    found: list[Line] = []
    opened: list[Line] = []
    written = 0
    for first, last, is_item, line in order:
        while opened and (opened[-1].spans[0][1] < first or opened[-1].spans[0][1] < -last):
            opened.pop()
            written = min(written, len(opened))
        if not is_item:
            opened.append(line)
            continue
        same = bool(opened) and opened[-1].spans == line.spans and opened[-1].call is not None
        for level in range(written, len(opened)):
            heading = opened[level]
            own = same and level == len(opened) - 1
            found.append(replace(heading, level=level, subtotal=not own))
        written = len(opened)
        if not same:
            found.append(replace(line, level=len(opened)))
    return found


def fold(survey: Survey, lines: Sequence[Line]) -> list[Line]:
    """The lines with each run of identical blocks as one, marked with how many they are."""
    groups: list[list[Line]] = []
    for line in lines:
        in_block = groups and groups[-1][0].block and line.level > groups[-1][0].level
        if in_block:
            groups[-1].append(line)
        else:
            groups.append([line])
    found: list[Line] = []
    for _, run in groupby(groups, key=lambda group: _signature(survey, group)):
        alike = list(run)
        times = len(alike)
        for together in zip(*alike, strict=True):
            spans = tuple(span for line in together for span in line.spans)
            found.append(replace(together[0], repeat=times, spans=spans))
    return found


def _signature(survey: Survey, group: Sequence[Line]) -> tuple[object, ...]:
    """What must be equal for blocks to be identical; unlike all else for what is no block."""
    block = group[0].block
    if block is None:
        return (id(group),)
    parts: list[object] = [block.kind, block.shortcut]
    for line in group:
        path = line.path if line.call is None else line.call.path
        shapes = []
        for side in ("inputs", "outputs"):
            ports = getattr(line.call, side) if line.call is not None else ()
            shapes.append(tuple(survey.trace.spec(port) for port in ports))
        op = None if line.call is None else line.call.op
        parts.append(((path or "").removeprefix(block.path), op, *shapes, line.amounts))
    return tuple(parts)


def left_out(survey: Survey, lines: Sequence[Line]) -> list[Line]:
    """The line for the steps that no other line holds; none if nothing is left out."""
    covered = [False] * len(survey.trace.calls)
    for line in lines:
        if not line.subtotal:
            for first, last in line.spans:
                covered[first : last + 1] = [True] * (last + 1 - first)
    hidden = [survey.trace.calls[index] for index in survey.trace.steps if not covered[index]]
    rest = assembly.rest(survey, lines, "")
    used = sum(survey.parameters[call.index].total for call in hidden)
    found = [replace(line, note=made_of(hidden, line.amounts.parameters - used)) for line in rest]
    failed = report(survey.trace)
    if failed is None or any(line.has_raised(survey.trace) for line in lines):
        return found
    (line,) = found or [Line("rest", 0)]
    notes = (f"{failed.name} raised: {failed.finding}", line.note)
    return [replace(line, note="; ".join(filter(None, notes)), spans=((failed.call, failed.call),))]


def made_of(calls: Sequence[Call], unused: int = 0) -> str:
    """What these steps are, the most frequent first: "53 batch norm, 49 relu, 1 flatten"."""
    names = Counter(op_name(call.op) for call in calls)
    parts = [f"{number:,} {name}" for name, number in names.most_common(4)]
    if len(names) > len(parts):
        others = sum(number for _, number in names.most_common()[len(parts) :])
        parts.append(text.count(others, "other step"))
    if unused:
        parts.append(f"{text.count(unused, 'parameter')} that no step uses")
    return ", ".join(parts)
