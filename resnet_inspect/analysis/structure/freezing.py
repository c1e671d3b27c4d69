"""Parts of a network by what they are called: `stem,stage 1-3`, `head`, `layer1.0.conv2`.

A part is the stem (what stands before the first stage), a stage or a range of them, the head (what
stands behind the last), or a module with all that it holds. Several are written with commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import ParameterSpec, join

_STAGES = re.compile(r"stages?\s*(\d+)(?:\s*-\s*(\d+))?")


def parameters_of(survey: Survey, written: str) -> frozenset[str]:
    """Full names of the parameters of these parts, each by its first name.

    Raises `UnknownName` for a part that the network does not have, `BadInput` for none at all.
    """
    parts = [part.strip() for part in written.split(",") if part.strip()]
    if not parts:
        raise BadInput("no part is named", hint="stem, stage 1-3, head, or a module's path")
    return frozenset(name for part in parts for name in _part(survey, part))


def frozen(trace: Trace, names: frozenset[str]) -> Trace:
    """The trace as if these parameters wanted no gradient; ties follow the first of their names."""

    def of(path: str, own: ParameterSpec) -> ParameterSpec:
        return replace(own, trainable=False) if _first_name(path, own) in names else own

    modules = tuple(
        replace(module, parameters=tuple(of(module.path, own) for own in module.parameters))
        for module in trace.modules
    )
    return replace(trace, modules=modules)


def _part(survey: Survey, part: str) -> Iterator[str]:
    if part in survey.trace.module_at:
        yield from _held(survey.trace, part)
        return
    word = " ".join(part.lower().split())
    stages, last = survey.anatomy.stages, len(survey.trace.calls) - 1
    match = _STAGES.fullmatch(word)
    if not stages and (match or word in {"stem", "head"}):
        raise BadInput(
            f"no {word}: no residual stage was recognised", hint="name modules by their paths"
        )
    if word == "stem":
        yield from _between(survey, 0, stages[0].first - 1)
    elif word == "head":
        yield from _between(survey, stages[-1].last + 1, last)
    elif match:
        first, to = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= to <= len(stages):
            raise BadInput(
                f"no {word}: the stages are 1 to {len(stages)}", hint=f"stage 1-{len(stages)}"
            )
        for stage in stages[first - 1 : to]:
            for run in (stage, *stage.again):
                yield from _between(survey, run.first, run.last)
    else:
        known = ["stem", "head", *(f"stage {one.number}" for one in stages)]
        paths = [path for path in survey.trace.module_at if path]
        raise UnknownName("part", part, [*known, *paths], see="stem, stage 1-3, head, or a path")


def _between(survey: Survey, first: int, last: int) -> Iterator[str]:
    """What the steps of a run of calls compute with."""
    trace = survey.trace
    first_names = _first_names(trace)
    for index in trace.steps_within(first, last):
        call = trace.calls[index]
        yield from (first_names[name] for name in call.reads if name in first_names)
        if call.module is not None:
            yield from _held(trace, call.module)


def _held(trace: Trace, path: str) -> Iterator[str]:
    for module in parameters.subtree(trace, path):
        yield from (_first_name(module.path, own) for own in module.parameters)


def _first_names(trace: Trace) -> dict[str, str]:
    return {
        join(path, own.name): _first_name(module.path, own)
        for module in trace.modules
        for own in module.parameters
        for path in (module.path, *module.aliases)
    }


def _first_name(path: str, own: ParameterSpec) -> str:
    return own.same_as or join(path, own.name)
