"""Which of several calls or blocks a row is, and how it stands in its table."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.columns.column import Column, yes
from resnet_inspect.views.tables.rows.line import Line


def _raised(survey: Survey, line: Line) -> bool:
    return line.has_raised(survey.trace)


def _calls(survey: Survey, line: Line) -> int | None:
    if line.module is None:
        return None
    return survey.calls_of[line.module.path]


NTH = Column(
    "nth",
    "nth",
    "which call of that module or function it is",
    lambda s, li: li.call.nth if li.call else None,
    align="right",
)
CALLS = Column(
    "calls",
    "calls",
    "how often a module was called (modules view)",
    _calls,
    align="right",
    worth=10,
)
REPEAT = Column(
    "repeat",
    "repeat",
    "identical blocks in this row (--fold); amounts are those of one",
    lambda s, li: li.repeat,
    align="right",
)
LEVEL = Column("level", "level", "depth of indentation", lambda s, li: li.level, align="right")
RAISED = Column("raised", "raised", "whether the forward pass raised in it", _raised, yes)
SUBTOTAL = Column(
    "subtotal",
    "subtotal",
    "whether rows below break it down; the other rows sum to the total",
    lambda s, li: li.subtotal,
    yes,
)
