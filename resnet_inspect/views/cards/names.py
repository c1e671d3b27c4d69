"""Places by name: "layer2.0.conv2", "stage 2", "stem"; nothing for the network."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName, UsageError
from resnet_inspect.views.cards.card import Subject, subject_at
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.words import text


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
