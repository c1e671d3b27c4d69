"""What a row takes and gives: shapes and types, where they are from, whose memory they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.tensors import TensorSpec
from resnet_inspect.views.tables.columns.column import Column, yes
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.words import text


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


INPUT_SHAPE = Column(
    "input_shape",
    "input",
    "shape of the first input, batch first",
    _shape("inputs"),
    text.shape,
    worth=7,
)
OUTPUT_SHAPE = Column(
    "output_shape",
    "output",
    "shape of the first output, batch first",
    _shape("outputs"),
    text.shape,
    worth=1,
)
INPUTS = Column(
    "inputs",
    "inputs",
    "every input: label, shape, dtype",
    _ports("inputs"),
    _write_ports,
    worth=60,
)
OUTPUTS = Column(
    "outputs",
    "outputs",
    "every output: label, shape, dtype",
    _ports("outputs"),
    _write_ports,
    worth=60,
)
DTYPE = Column("dtype", "dtype", "element type of the output", _dtype, worth=35)
PRODUCER = Column("producer", "from", "what made its inputs", _producer, ", ".join, worth=60)
IN_PLACE = Column(
    "in_place", "in place", "whether the output uses the memory of an input", _in_place, yes
)
