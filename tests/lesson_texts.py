"""The sentences of a lesson, by what they are of."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views import lessons
from resnet_inspect.views.cards.subjects import Subject, find


def subjects(survey: Survey) -> list[Subject]:
    """Everything in a network that there is a lesson of."""
    ends: list[Subject] = ["network"]
    if survey.anatomy.stages:
        ends += ["stem", "head"]
    calls = range(len(survey.trace.calls))
    return [*ends, *survey.anatomy.stages, *survey.anatomy.blocks, *calls]


def taught(survey: Survey, subject: Subject) -> list[str]:
    """Every sentence of a lesson."""
    found = lessons.lesson(survey, subject)
    return [sentence for section in found.sections for sentence in section.sentences]


def said(survey: Survey, path: str, nth: int | None = None) -> list[str]:
    """Every sentence of the lesson of a place, by its name."""
    return taught(survey, find(survey, path, nth))


def says(name: str, path: str, *wanted: str, nth: int | None = None) -> None:
    """The lesson of a place has these sentences."""
    sentences = said(survey_of(name), path, nth)
    for sentence in wanted:
        assert sentence in sentences, "\n".join([sentence, "is not said:", *sentences])
