"""The module tree: a row for each module, called or not, with what sits on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Container
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import text

SHOWN = (
    "path", "class_name", "kernel_size", "stride", "padding", "calls", "parameters", "trainable",
    "buffers", "share", "note",
)  # fmt: skip

HEEDS = frozenset({"only", "match", "where", "depth"})
"""The fields of a selection that this view has a use for."""


def view(survey: Survey, selection: Selection) -> Table:
    """Every module once; `only`, `match`, `depth` apply.

    A row counts the parameters on the module itself and what its own calls do; the row of a
    module at `depth` counts all modules in it too, so that the rows sum to the total.
    """
    selection.check_for(survey)
    unused = {m.path for m in parameters.never_called(survey.trace)}
    held = _amounts(survey, selection.depth)
    lines: list[Line] = []
    for module in survey.trace.modules:
        if selection.depth is not None and _depth(module.path) > selection.depth:
            continue
        if selection.match is not None and not fnmatchcase(module.path, selection.match):
            continue
        if selection.only and not selection.names(module.op):
            continue
        lines.append(_line(survey, module, held[module.path], unused))
    lines = _nested(assembly.asked_for(survey, "modules", lines, selection.where))
    left = assembly.rest(survey, lines, "modules that are not shown")
    table = assembly.table(survey, "modules", [*lines, *left], selection.columns or SHOWN)
    return table if selection.depth is not None else _of_own(table)


def _of_own(table: Table) -> Table:
    """The table that says of its parameters that they are those on the module itself."""
    columns = (
        replace(c, title=f"own {c.title}") if c.key in ("parameters", "trainable") else c
        for c in table.columns
    )
    return replace(table, columns=tuple(columns))


def _depth(path: str) -> int:
    return path.count(".") + 1 if path else 0


def _is_in(path: str, outer: str) -> bool:
    return not outer or path.startswith(f"{outer}.")


def _nested(lines: Sequence[Line]) -> list[Line]:
    """The lines, each as deep as there are others that it is in."""
    found = []
    around: list[str] = []
    for line in lines:
        assert line.path is not None
        while around and not _is_in(line.path, around[-1]):
            around.pop()
        found.append(replace(line, level=len(around)))
        around.append(line.path)
    return found


def _amounts(survey: Survey, depth: int | None) -> dict[str, Amounts]:
    """By module: the parameters on it, and the amounts of its calls without those they call.

    What is nested deeper than `depth` goes to the module there that holds it.
    """
    found = {}
    for module in survey.trace.modules:
        own = parameters.own(module)
        found[module.path] = Amounts(
            own.total, own.trainable, own.nbytes, zeros=own.zeros, valueless=own.valueless
        )
    callers: list[str] = []
    for call in survey.trace.calls:
        outer = "" if call.parent is None else callers[call.parent]
        callers.append(outer if call.module is None else call.module)
        does = replace(
            survey.amounts(call.index, call.index),
            parameters=0,
            trainable=0,
            parameter_bytes=0,
            zeros=0,
            valueless=0,
        )
        found[callers[-1]] = found[callers[-1]] + does
    if depth is None:
        return found
    summed: dict[str, Amounts] = {}
    for path, amounts in found.items():
        holder = ".".join(path.split(".")[:depth])
        summed[holder] = summed.get(holder, Amounts()) + amounts
    return summed


def _line(survey: Survey, module: ModuleSpec, amounts: Amounts, unused: set[str]) -> Line:
    notes = [f"also {alias}" for alias in module.aliases]
    notes += [f"{p.name} is {p.same_as}" for p in module.parameters if p.same_as is not None]
    if module.path in unused:
        notes.append("never called")
    if module.path in survey.read_by:
        takers = text.some(survey.read_by[module.path])
        notes.append(f"not called; its weights are used in {takers}")
    kind = (
        "network" if not module.path else "module" if isinstance(module.op, Container) else "layer"
    )
    last = survey.trace.last_descendant
    calls = survey.trace.calls_at.get(module.path, ())
    return Line(
        "never called" if module.path in unused else kind,
        0,
        spans=tuple((call, last[call]) for call in calls),
        module=module,
        path=module.path,
        note="; ".join(notes),
        amounts=amounts,
    )
