"""The module tree: a row for each module, called or not, with what sits on it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from resnet_inspect.analysis import parameters
from resnet_inspect.analysis.survey import Amounts, Survey
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Container
from resnet_inspect.views import build
from resnet_inspect.views.lines import Line
from resnet_inspect.views.selection import Selection, kind_of
from resnet_inspect.views.table import Table

SHOWN = (
    "path", "class_name", "kernel_size", "stride", "padding", "calls", "parameters", "trainable",
    "buffers", "share", "note",
)  # fmt: skip


def view(survey: Survey, selection: Selection) -> Table:
    """Every module once; `only`, `match`, `depth` apply.

    A row counts the parameters on the module itself; the row of a module at `depth` counts
    those of all modules in it too, so that the rows sum to the total.
    """
    selection.check_for(survey)
    unused = {m.path for m in parameters.never_called(survey.trace)}
    lines = []
    for module in survey.trace.modules:
        level = module.path.count(".") + 1 if module.path else 0
        if selection.depth is not None and level > selection.depth:
            continue
        if selection.match is not None and not fnmatchcase(module.path, selection.match):
            continue
        if selection.only and kind_of(module.op) not in selection.only:
            continue
        lines.append(_line(survey, module, level, level == selection.depth, unused))
    left = build.rest(survey, [*lines, _uncounted_here(survey)], "modules that are not shown")
    return build.table(survey, "modules", [*lines, *left], selection.columns or SHOWN)


def _line(survey: Survey, module: ModuleSpec, level: int, is_last: bool, unused: set[str]) -> Line:
    held = parameters.own(module)
    if is_last:
        for inner in parameters.subtree(survey.trace, module.path):
            if inner is not module:
                held = held + parameters.own(inner)
    notes = [f"also {alias}" for alias in module.aliases]
    notes += [f"{p.name} is {p.same_as}" for p in module.parameters if p.same_as is not None]
    if module.path in unused:
        notes.append("never called")
    kind = (
        "network" if not module.path else "module" if isinstance(module.op, Container) else "layer"
    )
    return Line(
        "never called" if module.path in unused else kind,
        level,
        module=module,
        path=module.path,
        note="; ".join(notes),
        amounts=Amounts(held.total, held.trainable, held.nbytes),
    )


def _uncounted_here(survey: Survey) -> Line:
    """All that belongs to calls and not to modules, so that the rest is parameters alone."""
    whole = survey.whole
    return Line(
        "rest",
        0,
        amounts=Amounts(
            macs=whole.macs,
            uncounted=whole.uncounted,
            activation_bytes=whole.activation_bytes,
            activation_bytes_distinct=whole.activation_bytes_distinct,
        ),
    )
