"""What a card is of, and how it is found: from a row, from a call, or by its name.

A name is that of a layer, "layer2.0.conv2", or a word: "stage 2", "stem", "network".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.words import text

End = Literal["network", "stem", "head"]
"""The whole network, or what comes before its blocks and after them."""

Subject = int | Block | Stage | End
"""What a card is of: the index of a call, a block, a stage, or one of the ends by its name."""


def kind_of(subject: Subject) -> str:
    """The kind of a subject: "call", "block", "stage", or the word for an end."""
    if isinstance(subject, str):
        return subject
    return "call" if isinstance(subject, int) else type(subject).__name__.lower()


def subject_of(line: Line) -> Subject | None:
    """What a row of the layers, blocks or stages view stands for; None for what is left over."""
    if line.stage is not None:
        return line.stage
    if line.block is not None:
        return line.block
    if line.call is not None:
        return "network" if line.call.index == 0 else line.call.index
    return "stem" if line.kind == "stem" else "head" if line.kind == "head" else None


def subject_at(survey: Survey, index: int) -> Subject:
    """What a call stands for: the network, the stage or block that it makes, or itself."""
    if index == 0:
        return "network"
    for stage in survey.anatomy.stages:
        if any(run.call == index for run in stage.every_run):
            return stage
        block = stage.block_at(index)
        if block is not None and block.call == index:
            return block
    return index


def index_of(survey: Survey, subject: Subject) -> int:
    """The call at which a subject is found: its own, or the first of those it stands for."""
    if isinstance(subject, Block | Stage) and subject.call is not None:
        return subject.call
    return first_of(survey, subject)


def first_of(survey: Survey, subject: Subject) -> int:
    """The first of the calls that a subject stands for."""
    if isinstance(subject, int):
        return subject
    if isinstance(subject, Block | Stage):
        return subject.first
    first = {line.kind: line.spans[0][0] for line in sections(survey, blocks=False) if line.spans}
    return 0 if subject == "network" else first.get(subject, 0)


def spans_of(survey: Survey, subject: Subject) -> Spans:
    """The runs of calls that a subject stands for."""
    if isinstance(subject, int):
        return ((subject, survey.trace.last_descendant[subject]),)
    if isinstance(subject, Block | Stage):
        return ((subject.first, subject.last),)
    if subject == "network":
        return ((0, len(survey.trace.calls) - 1),)
    ends = sections(survey, blocks=False)
    return next((line.spans for line in ends if line.kind == subject), ())


def find(survey: Survey, written: str, nth: int | None = None) -> Subject:
    """What a name stands for; `nth` chooses among several calls of one path.

    A path comes before a word: a module that is called "stem" is that module. Raises `UnknownName`
    with the nearest names, `UsageError` for a module that was not called or not that often.
    """
    calls = survey.trace.calls_at.get(written) if written else None
    if calls is not None:
        if nth is not None and not 1 <= nth <= len(calls):
            raise UsageError(
                f"{written} has no call {nth}", hint=f"it has {text.count(len(calls), 'call')}"
            )
        return subject_at(survey, calls[(nth or 1) - 1])
    if nth is not None:
        raise UsageError("--nth needs the path of a layer")
    word = written.strip().lower()
    if word in {"", "network"}:
        return "network"
    for subject, names in _words(survey):
        if word.replace(" ", "") in names:
            return subject
    if written in survey.trace.module_at:
        inside = [path for path in survey.trace.calls_at if path.startswith(f"{written}.")]
        hint = f"it holds {inside[0]}" if inside else "so there is nothing to say of it"
        raise UsageError(f"{written} is never called itself", hint=hint)
    known = [name for _, names in _words(survey) for name in names]
    raise UnknownName("layer", written, [*known, *survey.trace.calls_at])


def _words(survey: Survey) -> Iterator[tuple[Subject, tuple[str, ...]]]:
    """Every part of the network that a word names."""
    for line in sections(survey, blocks=False):
        if line.kind == "stem":
            yield "stem", ("stem",)
        elif line.kind == "head":
            yield "head", ("head",)
        elif line.stage is not None:
            yield line.stage, (f"stage{line.stage.number}",)
    for number, block in enumerate(survey.anatomy.blocks, start=1):
        yield block, (f"block{number}",)
