"""What a row is called: its path, its kind, its op, its class."""

from __future__ import annotations

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Container, window_of
from resnet_inspect.views.tables.columns.column import Column
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import Cell
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name


def _read_op(survey: Survey, line: Line) -> str | None:
    if line.stage is not None:
        return f"stage {line.stage.number}"
    if line.block is not None:
        return line.block.kind
    if line.kind in {"stem", "head", "rest"}:
        return None
    if line.module is not None and isinstance(line.module.op, Container):
        return line.module.class_name
    op = line.op
    return None if op is None else op_name(op)


def _path(survey: Survey, line: Line) -> Cell:
    path = line.path
    if path is None:
        path = line.call.path if line.call is not None else ""
    written = path
    if line.stage is not None and not path:
        written = f"stage {line.stage.number}"
    elif line.kind in {"stem", "head", "network"} and not path:
        written = survey.trace.model_name if line.kind == "network" else line.kind
    elif line.kind == "rest":
        written = "not shown"
    named = line.call
    if named is None and line.block is not None:
        named = survey.trace.calls[line.block.add]
    if named is not None and named.nth > 1:
        written = f"{written} #{named.nth}"
    if line.block is not None and len(line.spans) == line.block.runs > 1:
        written = f"{written}, run ×{line.block.runs}"
    if line.repeat > 1:
        written = f"{written} ×{line.repeat}"
    if line.has_raised(survey.trace):
        written = f"{written} {text.RAISED}"
    return Cell(path, written)


def _class_name(survey: Survey, line: Line) -> str | None:
    module = line.module
    if module is None and line.call is not None and line.call.module is not None:
        module = survey.trace.module_at[line.call.module]
    return None if module is None else module.class_name


def _operation(survey: Survey, line: Line) -> str | None:
    if line.block or line.stage or line.op is None or isinstance(line.op, Container):
        return None
    name, window = op_name(line.op), window_of(line.op)
    if window is None:
        return name
    dilated = f" d{text.alike(window.dilation)}" if set(window.dilation) != {1} else ""
    taps = text.window(window.kernel_size, window.stride)
    return f"{name.removesuffix(' pool')} {taps}{dilated}"


def _kind(survey: Survey, line: Line) -> str:
    return line.kind


PATH = Column("path", "layer", "module path; module:function for what is no module", _path, worth=0)
KIND = Column("kind", "kind", "stem, stage, block, layer, function, head, rest", _kind, worth=70)
OP = Column(
    "op", "op", "what it does: conv, max pool, batch norm, relu, add, linear", _read_op, worth=1
)
OPERATION = Column(
    "operation", "operation", "op, kernel and stride in short: conv 3×3/2", _operation, worth=1
)
CLASS_NAME = Column("class_name", "class", "class of the module", _class_name, worth=40)
