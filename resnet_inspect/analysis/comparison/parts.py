"""The parts of two networks that were aligned, as runs of calls on either side."""

from __future__ import annotations

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Part, Role, Section
from resnet_inspect.analysis.structure.survey import Spans, Survey


def parts_of(difference: Difference) -> tuple[Section | Entry, ...]:
    """Stem, stages and head, as far as they are there; every step where there is no stage."""
    return tuple(
        part
        for section in difference.sections
        for part in (section.entries if section.role == "steps" else [section])
    )


def spans_of(difference: Difference, part: Section | Entry) -> tuple[Spans, Spans]:
    """The calls of a section or step on both sides."""
    left, right = difference.left, difference.right
    if isinstance(part, Entry):
        return _calls(left, part.left), _calls(right, part.right)
    return _spans(left, part.role, part.left), _spans(right, part.role, part.right)


def _calls(survey: Survey, index: int | None) -> Spans:
    return () if index is None else ((index, survey.trace.last_descendant[index]),)


def _spans(survey: Survey, role: Role, part: Part | None) -> Spans:
    """The calls of a section: also those that are no steps, such as the modules that hold them."""
    if part is None:
        return ()
    if part.of is not None:
        return ((part.of.first, part.of.last),)
    last = len(survey.trace.calls) - 1
    body = survey.anatomy.body
    if role == "steps" or body is None:
        return ((0, last),)
    return ((1, body[0] - 1),) if role == "stem" else ((body[1] + 1, last),)
