"""Every column, defined once: its key, title, meaning, value and text.

A column reads one value from a line and writes it as text; what no column defines cannot be
shown anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from resnet_inspect.analysis.geometry.receptive_field import ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.ops import (
    Container,
    Conv,
    Linear,
    window_of,
)
from resnet_inspect.traces.tensors import TensorSpec
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import EMPTY, Align, Cell, Heading
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name
from resnet_inspect.views.words.text import Value


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how to read its value, and how to write it."""

    key: str
    title: str
    meaning: str
    """One line for `--columns help` and the documentation, with the unit."""
    read: Callable[[Survey, Line], Any]
    """The value; None where the column does not apply."""
    write: Callable[[Any], str] = str
    align: Align = "left"
    worth: int = 50

    def cell(self, survey: Survey, line: Line) -> Cell:
        """The cell of a line in this column."""
        value = self.read(survey, line)
        if value is None:
            return EMPTY
        if not isinstance(value, Cell):
            value = Cell(_as_value(value), self.write(value))
        return Cell(value.value, text.visible(value.text))

    @property
    def heading(self) -> Heading:
        """What a table carries of it."""
        return Heading(self.key, self.title, self.align, self.worth)


def _as_value(value: Any) -> Value:
    """A value as plain data: no fraction, no list."""
    if type(value) is Fraction:  # isinstance asks an abstract base class, at every cell
        return float(value)
    if isinstance(value, tuple | list):
        return tuple(_as_value(item) for item in value)
    plain: Value = value
    return plain


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


def _window(part: str) -> Callable[[Survey, Line], Any]:
    def read(survey: Survey, line: Line) -> Any:
        op = line.op
        window = None if op is None or line.block or line.stage else window_of(op)
        return None if window is None else getattr(window, part)

    return read


def _operation(survey: Survey, line: Line) -> str | None:
    if line.block or line.stage or line.op is None or isinstance(line.op, Container):
        return None
    name, window = op_name(line.op), window_of(line.op)
    if window is None:
        return name
    dilated = f" d{text.alike(window.dilation)}" if set(window.dilation) != {1} else ""
    taps = text.window(window.kernel_size, window.stride)
    return f"{name.removesuffix(' pool')} {taps}{dilated}"


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


def _tensor(side: str) -> Callable[[Survey, Line], TensorSpec | None]:
    def read(survey: Survey, line: Line) -> TensorSpec | None:
        activation = line.input if side == "inputs" else line.output
        if activation is None and line.call is not None:
            ports = getattr(line.call, side)
            activation = ports[0].activation if ports else None
        return None if activation is None else survey.trace.activations[activation].tensor

    return read


def _shape(side: str) -> Callable[[Survey, Line], Any]:
    tensor = _tensor(side)

    def read(survey: Survey, line: Line) -> Any:
        spec = tensor(survey, line)
        return None if spec is None else spec.shape

    return read


def _dtype(survey: Survey, line: Line) -> str | None:
    spec = _tensor("outputs")(survey, line)
    return None if spec is None else spec.dtype


def _ports(side: str) -> Callable[[Survey, Line], Any]:
    def read(survey: Survey, line: Line) -> Any:
        if line.call is None:
            return None
        tensors = []
        for port in getattr(line.call, side):
            spec = survey.trace.spec(port)
            tensors.append((port.label, spec.shape, spec.dtype))
        return tuple(tensors)

    return read


def _write_ports(ports: Any) -> str:
    return "; ".join(
        f"{label} {text.shape(shape)} {dtype}".strip() for label, shape, dtype in ports
    )


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


def _share(part: str) -> Callable[[Survey, Line], float | None]:
    def read(survey: Survey, line: Line) -> float | None:
        whole = getattr(survey.whole, part)
        return getattr(line.amounts, part) / whole if whole else None

    return read


def _field(survey: Survey, line: Line) -> ReceptiveField | None:
    activation = line.output
    if activation is None and line.call is not None and line.call.outputs:
        activation = line.call.outputs[0].activation
    return None if activation is None else survey.receptive_fields.get(activation)


def _receptive_field(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    if field is None:
        return None
    return Cell("all", "all") if field.whole else field.size


def _jump(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    return field.jump if field is not None and field.jump else None


def _start(survey: Survey, line: Line) -> Any:
    field = _field(survey, line)
    return field.start if field is not None and field.start else None


def _stage(survey: Survey, line: Line) -> int | None:
    if line.stage is not None:
        return line.stage.number
    index = _first_call(line)
    if index is None:
        return None
    for stage in survey.anatomy.stages:
        if stage.first <= index <= stage.last:
            return stage.number
    return None


def _first_call(line: Line) -> int | None:
    if line.block is not None:
        return line.block.first
    return None if line.call is None else line.call.index


def _shortcut(survey: Survey, line: Line) -> str | None:
    block = line.block or line.add
    return None if block is None else block.shortcut_name


def _producer(survey: Survey, line: Line) -> Any:
    """Paths of what made the inputs; "input" for what the network was given."""
    if line.call is None:
        return None
    given = {port.activation for port in survey.trace.inputs}
    names = []
    for port in line.call.inputs:
        maker = survey.trace.producer.get(port.activation)
        if maker is not None:
            names.append(survey.trace.calls[maker].path)
        else:
            names.append("input" if port.activation in given else "outside")
    return tuple(names)


def _in_place(survey: Survey, line: Line) -> bool | None:
    """Whether the output uses the memory of an input."""
    if line.call is None or not line.call.outputs or not line.call.inputs:
        return None
    storages = [survey.trace.activations[p.activation].storage for p in line.call.inputs]
    made = survey.trace.activations[line.call.outputs[0].activation].storage
    return made in storages


def _raised(survey: Survey, line: Line) -> bool:
    return line.has_raised(survey.trace)


def _calls(survey: Survey, line: Line) -> int | None:
    if line.module is None:
        return None
    return survey.calls_of[line.module.path]


def _buffers(survey: Survey, line: Line) -> int | None:
    if line.module is None:
        return None
    return sum(b.tensor.elements for b in line.module.buffers if b.same_as is None)


def _kind(survey: Survey, line: Line) -> str:
    return line.kind


def _yes(value: bool) -> str:
    return "yes" if value else "no"


COLUMNS: dict[str, Column] = {}
"""Every column by key, in the order of `--columns help` and JSON."""


def _define(*columns: Column) -> None:
    for column in columns:
        if column.key in COLUMNS:
            raise ValueError(f"column {column.key} is there already")
        COLUMNS[column.key] = column


_define(
    Column("path", "layer", "module path; module:function for what is no module", _path, worth=0),
    Column("kind", "kind", "stem, stage, block, layer, function, head, rest", _kind, worth=70),
    Column(
        "op", "op", "what it does: conv, max pool, batch norm, relu, add, linear", _read_op, worth=1
    ),
    Column(
        "operation", "operation", "op, kernel and stride in short: conv 3×3/2", _operation, worth=1
    ),
    Column("class_name", "class", "class of the module", _class_name, worth=40),
    Column(
        "kernel_size",
        "kernel",
        "window size per spatial dimension",
        _window("kernel_size"),
        text.sizes,
        worth=3,
    ),
    Column(
        "stride",
        "stride",
        "window step per spatial dimension",
        _window("stride"),
        text.sizes,
        worth=3,
    ),
    Column("padding", "pad", "padding before (+ after) per spatial dimension", _padding, worth=6),
    Column(
        "dilation",
        "dilation",
        "distance of window taps per spatial dimension",
        _window("dilation"),
        text.sizes,
        worth=30,
    ),
    Column("ceil_mode", "ceil", "whether a pool rounds its size up", _window("ceil_mode"), _yes),
    Column(
        "groups",
        "groups",
        "groups of a convolution (cardinality)",
        _op_part("groups", Conv),
        align="right",
        worth=30,
    ),
    Column(
        "in_channels",
        "in ch",
        "input channels of a convolution",
        _op_part("in_channels", Conv),
        align="right",
    ),
    Column(
        "out_channels",
        "out ch",
        "output channels of a convolution",
        _op_part("out_channels", Conv),
        align="right",
    ),
    Column(
        "bias",
        "bias",
        "whether a convolution or linear layer has one",
        _op_part("bias", Conv, Linear),
        _yes,
    ),
    Column(
        "input_shape",
        "input",
        "shape of the first input, batch first",
        _shape("inputs"),
        text.shape,
        worth=7,
    ),
    Column(
        "output_shape",
        "output",
        "shape of the first output, batch first",
        _shape("outputs"),
        text.shape,
        worth=1,
    ),
    Column(
        "inputs",
        "inputs",
        "every input: label, shape, dtype",
        _ports("inputs"),
        _write_ports,
        worth=60,
    ),
    Column(
        "outputs",
        "outputs",
        "every output: label, shape, dtype",
        _ports("outputs"),
        _write_ports,
        worth=60,
    ),
    Column("dtype", "dtype", "element type of the output", _dtype, worth=35),
    Column(
        "parameters",
        "params",
        "parameters, each counted once, at the first step that uses it",
        _amount("parameters"),
        text.integer,
        "right",
        worth=2,
    ),
    Column(
        "trainable",
        "trainable",
        "parameters that require a gradient",
        _amount("trainable"),
        text.integer,
        "right",
    ),
    Column(
        "parameter_bytes",
        "param bytes",
        "bytes of the parameters",
        _amount("parameter_bytes"),
        text.nbytes,
        "right",
    ),
    Column(
        "buffers",
        "buffers",
        "elements of the buffers of a module (modules view)",
        _buffers,
        text.integer,
        "right",
    ),
    Column(
        "macs",
        "MACs",
        "multiply-accumulates of conv, linear, matmul; no bias, no norm",
        _macs(1),
        align="right",
        worth=5,
    ),
    Column("flops", "FLOPs", "floating-point operations, 2 × MACs", _macs(2), align="right"),
    Column(
        "share",
        "share",
        "part of the network's parameters",
        _share("parameters"),
        text.share,
        "right",
        worth=8,
    ),
    Column(
        "macs_share",
        "MACs share",
        "part of the network's MACs",
        _share("macs"),
        text.share,
        "right",
    ),
    Column(
        "activation_bytes",
        "act bytes",
        "bytes it writes, in-place results included",
        _amount("activation_bytes"),
        text.nbytes,
        "right",
    ),
    Column(
        "activation_bytes_distinct",
        "act bytes held",
        "bytes of the storages it is first to write",
        _amount("activation_bytes_distinct"),
        text.nbytes,
        "right",
    ),
    Column(
        "receptive_field",
        "receptive field",
        "input pixels that one output element sees; all: the whole image",
        _receptive_field,
        text.sizes,
        "right",
    ),
    Column(
        "jump",
        "jump",
        "input pixels between two output elements (output stride)",
        _jump,
        text.sizes,
        "right",
    ),
    Column(
        "start",
        "start",
        "first input pixel that output element 0 sees",
        _start,
        text.sizes,
        "right",
    ),
    Column("stage", "stage", "number of the stage it is in", _stage, align="right"),
    Column(
        "shortcut",
        "shortcut",
        "of a block or residual add: identity, zero-padded identity or projection",
        _shortcut,
    ),
    Column("producer", "from", "what made its inputs", _producer, ", ".join, worth=60),
    Column(
        "in_place", "in place", "whether the output uses the memory of an input", _in_place, _yes
    ),
    Column(
        "nth",
        "nth",
        "which call of that module or function it is",
        lambda s, li: li.call.nth if li.call else None,
        align="right",
    ),
    Column(
        "calls",
        "calls",
        "how often a module was called (modules view)",
        _calls,
        align="right",
        worth=10,
    ),
    Column(
        "repeat",
        "repeat",
        "identical blocks in this row (--fold); amounts are those of one",
        lambda s, li: li.repeat,
        align="right",
    ),
    Column("level", "level", "depth of indentation", lambda s, li: li.level, align="right"),
    Column("raised", "raised", "whether the forward pass raised in it", _raised, _yes),
    Column(
        "subtotal",
        "subtotal",
        "whether rows below break it down; the other rows sum to the total",
        lambda s, li: li.subtotal,
        _yes,
    ),
    Column(
        "note",
        "note",
        "what a stage or block does, what a row is made of",
        lambda s, li: li.note or None,
        worth=9,
    ),
)


def check_keys(keys: tuple[str, ...]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    for key in keys:
        if key not in COLUMNS:
            raise UnknownName("column", key, COLUMNS, see="`--columns help` lists them all")
