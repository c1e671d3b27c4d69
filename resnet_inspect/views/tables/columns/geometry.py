"""What one element of the output sees: receptive field, jump and start."""

from __future__ import annotations

from typing import Any

from resnet_inspect.analysis.geometry.receptive_field import Lost, ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.columns.column import Column
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import Cell
from resnet_inspect.views.words import text


def _field(survey: Survey, line: Line) -> ReceptiveField | Lost | None:
    activation = line.output
    if activation is None and line.call is not None and line.call.outputs:
        activation = line.call.outputs[0].activation
    if activation is None:
        return None
    return survey.receptive_fields.get(activation) or survey.fields.lost.get(activation)


def _receptive_field(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    if field is None or isinstance(field, Lost):
        return field and _UNKNOWN
    return Cell("all", "all") if field.whole else field.size


def _jump(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    if isinstance(field, Lost):
        return _UNKNOWN
    return field.jump if field is not None and field.jump else None


def _start(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    if isinstance(field, Lost):
        return _UNKNOWN
    return field.start if field is not None and field.start else None


_UNKNOWN = Cell(None, text.NOT_KNOWN)


RECEPTIVE_FIELD = Column(
    "receptive_field",
    "receptive field",
    "input pixels that one output element sees by its windows; all: the whole image",
    _receptive_field,
    text.sizes,
    "right",
)
JUMP = Column(
    "jump",
    "jump",
    "input pixels between two output elements (output stride)",
    _jump,
    text.sizes,
    "right",
)
START = Column(
    "start",
    "start",
    "first input pixel that output element 0 sees",
    _start,
    text.sizes,
    "right",
)
