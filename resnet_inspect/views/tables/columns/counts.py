"""What a row holds and costs: parameters, buffers, multiply-accumulates, bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.columns.column import Column
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import Cell
from resnet_inspect.views.words import text


def _amount(part: str) -> Callable[[Survey, Line], int | None]:
    def read(survey: Survey, line: Line) -> int | None:
        return int(getattr(line.amounts, part))

    return read


def _macs(times: int) -> Callable[[Survey, Line], Any]:
    def read(survey: Survey, line: Line) -> Any:
        if line.amounts.uncounted and not line.amounts.macs:
            return Cell(None, text.NOT_KNOWN)
        written = text.quantity(line.amounts.macs * times)
        if line.amounts.uncounted:
            written = f"≥ {written}"
        return Cell(line.amounts.macs * times, written)

    return read


def _zeros(survey: Survey, line: Line) -> Cell:
    amounts = line.amounts
    if amounts.valueless and amounts.valueless == amounts.parameters:
        return Cell(None, text.NOT_KNOWN)
    written = text.integer(amounts.zeros)
    return Cell(amounts.zeros, f"≥ {written}" if amounts.valueless else written)


def _share(part: str) -> Callable[[Survey, Line], float | None]:
    def read(survey: Survey, line: Line) -> float | None:
        whole = getattr(survey.whole, part)
        return getattr(line.amounts, part) / whole if whole else None

    return read


def _buffers(survey: Survey, line: Line) -> int | None:
    if line.module is None:
        return None
    return sum(b.tensor.elements for b in line.module.buffers if b.same_as is None)


PARAMETERS = Column(
    "parameters",
    "params",
    "parameters, each counted once, at the first step that uses it",
    _amount("parameters"),
    text.integer,
    "right",
    worth=2,
)
TRAINABLE = Column(
    "trainable",
    "trainable",
    "parameters that require a gradient",
    _amount("trainable"),
    text.integer,
    "right",
)
ZEROS = Column(
    "zero_parameters",
    "zero params",
    "parameters that are exactly zero, also by a mask that prunes; ?: they have no values",
    _zeros,
    align="right",
)
PARAMETER_BYTES = Column(
    "parameter_bytes",
    "param bytes",
    "bytes of the parameters",
    _amount("parameter_bytes"),
    text.nbytes,
    "right",
)
BUFFERS = Column(
    "buffers",
    "buffers",
    "elements of the buffers of a module (modules view)",
    _buffers,
    text.integer,
    "right",
)
MACS = Column(
    "macs",
    "MACs",
    "multiply-accumulates of conv, linear, matmul; no bias, no norm",
    _macs(1),
    align="right",
    worth=5,
)
FLOPS = Column("flops", "FLOPs", "floating-point operations, 2 × MACs", _macs(2), align="right")
SHARE = Column(
    "share",
    "share",
    "part of the network's parameters",
    _share("parameters"),
    text.share,
    "right",
    worth=8,
)
MACS_SHARE = Column(
    "macs_share",
    "MACs share",
    "part of the network's MACs",
    _share("macs"),
    text.share,
    "right",
)
ACTIVATION_BYTES = Column(
    "activation_bytes",
    "act bytes",
    "bytes it writes, in-place results included",
    _amount("activation_bytes"),
    text.nbytes,
    "right",
)
ACTIVATION_BYTES_DISTINCT = Column(
    "activation_bytes_distinct",
    "act bytes held",
    "bytes of the storages it is first to write",
    _amount("activation_bytes_distinct"),
    text.nbytes,
    "right",
)
