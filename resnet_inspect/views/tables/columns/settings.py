"""What a layer was set to: its window, its channels, its groups, its bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Linear, window_of
from resnet_inspect.views.tables.columns.column import Column, yes
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import EMPTY, Cell
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import short_window
from resnet_inspect.views.words.text import Value


def _window(part: str) -> Callable[[Survey, Line], Any]:
    def read(survey: Survey, line: Line) -> Any:
        op = line.op
        window = None if op is None or line.block or line.stage else window_of(op)
        return None if window is None else getattr(window, part)

    return read


def _short_window(survey: Survey, line: Line) -> str | None:
    op = line.op
    return None if op is None or line.block or line.stage else short_window(op) or None


def _padding(survey: Survey, line: Line) -> Cell:
    op = line.op
    window = None if op is None else window_of(op)
    if window is None:
        return EMPTY
    value: Value = window.padding
    if window.padding_after is not None:
        value = tuple(zip(window.padding, window.padding_after, strict=True))
    return Cell(value, text.padding(window.padding, window.padding_after))


def _op_part(part: str, *ops: type) -> Callable[[Survey, Line], Any]:
    def read(survey: Survey, line: Line) -> Any:
        op = line.op
        return getattr(op, part, None) if isinstance(op, ops) else None

    return read


KERNEL_SIZE = Column(
    "kernel_size",
    "kernel",
    "window size per spatial dimension",
    _window("kernel_size"),
    text.sizes,
    worth=3,
)
STRIDE = Column(
    "stride",
    "stride",
    "window step per spatial dimension",
    _window("stride"),
    text.sizes,
    worth=3,
)
PADDING = Column(
    "padding", "pad", "padding before (+ after) per spatial dimension", _padding, worth=6
)
WINDOW = Column(
    "window",
    "window",
    "kernel, stride and padding in short, dilation and groups where there are any: k3 s2 p1",
    _short_window,
    worth=3,
)
DILATION = Column(
    "dilation",
    "dilation",
    "distance of window taps per spatial dimension",
    _window("dilation"),
    text.sizes,
    worth=30,
)
CEIL_MODE = Column(
    "ceil_mode", "ceil", "whether a pool rounds its size up", _window("ceil_mode"), yes
)
GROUPS = Column(
    "groups",
    "groups",
    "groups of a convolution (cardinality)",
    _op_part("groups", Conv),
    align="right",
    worth=30,
)
IN_CHANNELS = Column(
    "in_channels",
    "in ch",
    "input channels of a convolution",
    _op_part("in_channels", Conv),
    align="right",
)
OUT_CHANNELS = Column(
    "out_channels",
    "out ch",
    "output channels of a convolution",
    _op_part("out_channels", Conv),
    align="right",
)
BIAS = Column(
    "bias",
    "bias",
    "whether a convolution or linear layer has one",
    _op_part("bias", Conv, Linear),
    yes,
)
