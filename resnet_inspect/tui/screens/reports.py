"""The reports that can be asked for: what the networks on the screen teach, give and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding

from resnet_inspect.analysis.cost.memory import UNLIKE
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import formats_by_suffix, lessons, render, table_suffixes
from resnet_inspect.tui.process.background import MANY_CALLS
from resnet_inspect.tui.screens.report import Make, Page, Report, table_lines
from resnet_inspect.views.cards.subjects import Subject
from resnet_inspect.views.lessons import lesson
from resnet_inspect.views.tables import conventions
from resnet_inspect.views.tables import cost as cost_tables
from resnet_inspect.views.tables import taps as tap_tables
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import text

LARGEST_BATCH = 1_000_000
MEMORIES = (0, 8, 16, 24, 40, 48, 80, 141)
"""GiB of memory to fill: none, and those of the devices of today."""
COUNTED = "MACs of others"
"""The page of what other conventions count."""
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
    """The taps of each network, and the plans of decoders over them."""
    pages = {}
    for survey in surveys:
        name = f"{text.visible(survey.trace.model_name)} " if len(surveys) > 1 else ""
        pages[f"{name}taps"] = _table_page(partial(tap_tables.view, survey))
        pages[f"{name}U-Net"] = _table_page(partial(tap_tables.unet, survey))
        pages[f"{name}FPN"] = _table_page(partial(tap_tables.fpn, survey))
    return _report("What a decoder takes", surveys, table_suffixes(), **pages)


def cost(surveys: Sequence[Survey]) -> Report:
    """What the networks need to run and to train, with each optimizer."""
    candidates = [Candidate.of(survey) for survey in surveys]
    if len(candidates) == 1:
        return CostReport(candidates[0])
    pages: dict[str, Make] = {
        name: _table_page(partial(cost_tables.view, candidates, name)) for name in UNLIKE
    }
    for survey in surveys:
        name = f"{text.visible(survey.trace.model_name)} {COUNTED}"
        pages[name] = _table_page(partial(conventions.view, survey))
    return _report("Cost", surveys, table_suffixes(), **pages)


class CostReport(Report):
    """What one network needs, at any batch and for any memory."""

    BINDINGS: ClassVar = [
        *(Binding(f"{digit}", f"digit({digit})", "batch", show=False) for digit in range(10)),
        Binding("backspace", "digit(-1)", "batch", show=False),
        Binding("plus", "scale(2)", "batch × 2", show=False),
        Binding("minus", "scale(0.5)", "batch ÷ 2", show=False),
        Binding("m", "memory", "memory", show=False),
    ]

    def __init__(self, candidate: Candidate) -> None:
        survey = candidate.survey
        calls, name = len(survey.trace.calls), survey.trace.model_name
        counted = _table_page(partial(conventions.view, survey))
        pages = {"cost": _table_page(self._table), COUNTED: counted}
        super().__init__("Cost", name, table_suffixes(), pages, long=calls > MANY_CALLS)
        self.hint = "64 or + - batch · m memory"
        self.candidate = candidate
        self.samples = 0
        """The batch that was asked for; 0 for the traced one."""
        self.gibibytes = 0
        """The memory to fill; 0 for none."""

    def _table(self) -> Table:
        available = self.gibibytes * 2**30 or None
        return cost_tables.downwards(
            self.candidate, available=available, batch=self.samples or None
        )

    def action_digit(self, digit: int) -> None:
        """Write the batch digit by digit; below 0, take the last one off."""
        written = self.samples // 10 if digit < 0 else self.samples * 10 + digit
        self.samples = written if written < LARGEST_BATCH else digit
        self.show_page()

    def action_scale(self, by: float) -> None:
        """Double the batch, or halve it."""
        trace = self.candidate.survey.trace
        shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
        before = self.samples or (shape[0] if shape else 1)
        self.samples = max(1, min(LARGEST_BATCH, int(before * by)))
        self.show_page()

    def action_memory(self) -> None:
        """Go on to the next size of memory."""
        at = MEMORIES.index(self.gibibytes)
        self.gibibytes = MEMORIES[(at + 1) % len(MEMORIES)]
        self.show_page()


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
        return Page(table_lines(table, width), partial(render, table))

    return make
