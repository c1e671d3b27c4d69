"""Where a row stands among stages and blocks, and what they do."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.columns.column import Column
from resnet_inspect.views.tables.rows.line import Line


def _stage(survey: Survey, line: Line) -> int | None:
    if line.stage is not None:
        return line.stage.number
    index = _first_call(line)
    if index is None:
        return None
    stage = survey.anatomy.stage_at(index)
    return None if stage is None else stage.number


def _first_call(line: Line) -> int | None:
    if line.block is not None:
        return line.block.first
    return None if line.call is None else line.call.index


def _shortcut(survey: Survey, line: Line) -> str | None:
    block = line.block or line.add
    return None if block is None else block.shortcut_name


STAGE = Column("stage", "stage", "number of the stage it is in", _stage, align="right")
SHORTCUT = Column(
    "shortcut",
    "shortcut",
    "of a block or residual add: identity, zero-padded identity or projection",
    _shortcut,
)
NOTE = Column(
    "note",
    "note",
    "what a stage or block does, what a row is made of",
    lambda s, li: li.note or None,
    worth=9,
)
