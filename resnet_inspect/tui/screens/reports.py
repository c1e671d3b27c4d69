"""The reports that can be asked for: what the networks on the screen teach, give and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from resnet_inspect.analysis.cost.memory import KEPT
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import formats_by_suffix, lessons, render, table_suffixes
from resnet_inspect.formats.styled_text import lay_out
from resnet_inspect.tui.process.background import MANY_CALLS
from resnet_inspect.tui.screens.report import Make, Page, Report
from resnet_inspect.views.cards.subjects import Subject
from resnet_inspect.views.lessons import lesson
from resnet_inspect.views.tables import cost as cost_tables
from resnet_inspect.views.tables import taps as tap_tables
from resnet_inspect.views.tables.cost import Candidate
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import text

DRAWING = 72
"""Columns that a drawing takes at most; it is no clearer in more."""


def explain(survey: Survey, subject: Subject, *, ascii: bool) -> Report:
    """The lesson of a layer, a block, a stage, an end or the network."""
    model = text.visible(survey.trace.model_name)
    make = partial(_lesson_page, survey, subject, ascii)
    known = " ".join(
        suffix for suffix, name in formats_by_suffix().items() if name in lessons.FORMATS
    )
    return _report(f"Explain · {model}", (survey,), known, explain=make)


def taps(surveys: Sequence[Survey]) -> Report:
    """The taps of each network, and the plan of a decoder over them."""
    pages = {}
    for survey in surveys:
        name = f"{text.visible(survey.trace.model_name)} " if len(surveys) > 1 else ""
        pages[f"{name}taps"] = _table_page(partial(tap_tables.view, survey))
        pages[f"{name}U-Net"] = _table_page(partial(tap_tables.unet, survey))
    return _report("What a decoder takes", surveys, table_suffixes(), **pages)


def cost(surveys: Sequence[Survey]) -> Report:
    """What the networks need to run and to train, with each optimizer."""
    candidates = [Candidate.of(survey) for survey in surveys]
    pages = {name: _table_page(partial(cost_tables.view, candidates, name)) for name in KEPT}
    return _report("Cost", surveys, table_suffixes(), **pages)


def _report(title: str, surveys: Sequence[Survey], suffixes: str, **pages: Make) -> Report:
    calls = sum(len(survey.trace.calls) for survey in surveys)
    model = surveys[0].trace.model_name
    return Report(title, model, suffixes, pages, long=calls > MANY_CALLS)


def _lesson_page(survey: Survey, subject: Subject, ascii: bool, width: int) -> Page:
    width = min(width, lessons.WIDTH)
    found = lesson(survey, subject, max(16, min(DRAWING, width - 2)), ascii)

    def write(format: str) -> str:
        if format not in lessons.FORMATS:
            see = f"a lesson is written as {', '.join(lessons.FORMATS)}"
            raise UnknownName("format", format, lessons.FORMATS, see=see)
        return lessons.FORMATS[format](found)

    return Page(tuple((line,) for line in lessons.lines(found, width)), write)


def _table_page(view: Callable[[], Table]) -> Make:
    def make(width: int) -> Page:
        table = view()
        layout = lay_out(table, width)
        lines = layout.lines
        if layout.dropped:
            titles = dict.fromkeys(table.columns[table.index[key]].title for key in layout.dropped)
            left_out = f"no room for {', '.join(titles)} (y copies them too)"
            lines = (*lines, ((left_out, "note"),))
        return Page(lines, partial(render, table))

    return make
