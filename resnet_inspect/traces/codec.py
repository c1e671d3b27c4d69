"""Trace <-> JSON, with a format version; measurements likewise, each with its trace.

Equal ops, classes and tensor specs are written once and referred to by number, so a file stays
small and reads fast. What cannot be understood is a `TraceFileError`, never a half-read trace.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Generic, NoReturn, TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.invariants import broken_reference
from resnet_inspect.traces.model import FORMAT_VERSION, Call, Failure, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import OPS, Conv, Op, Window
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec
from resnet_inspect.traces.timing import (
    MEASUREMENTS_VERSION,
    Ceiling,
    Machine,
    Measurements,
    Peak,
    mismatch,
)

FORMAT = "resnet-inspect trace"
MEASURED_FORMAT = "resnet-inspect measurements"

Measured = tuple[Trace, Measurements]
"""Measurements mean nothing without the trace whose calls they are of."""

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class _Numbered(Generic[H]):
    """Values in order of first sight, each once."""

    def __init__(self) -> None:
        self.numbers: dict[H, int] = {}

    def number(self, value: H) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def dumps(trace: Trace) -> str:
    """The trace as JSON text; `loads` gives an equal trace back."""
    return _written(_document(trace))


def dumps_measured(measured: Sequence[Measured]) -> str:
    """Measurements with their traces as JSON text; `loads_measured` gives equal ones back."""
    entries = [{"measurements": _plain(one), "trace": _document(trace)} for trace, one in measured]
    return _written(
        {
            "format": MEASURED_FORMAT,
            "format_version": MEASUREMENTS_VERSION,
            "measured": entries,
        }
    )


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _document(trace: Trace) -> dict[str, Any]:
    tensors: _Numbered[TensorSpec] = _Numbered()
    ops: _Numbered[Op] = _Numbered()
    classes: _Numbered[PythonClass] = _Numbered()

    def ports(values: Sequence[Port]) -> list[list[Any]]:
        return [[port.label, port.activation] for port in values]

    def parameters(values: Sequence[ParameterSpec]) -> list[list[Any]]:
        return [[p.name, tensors.number(p.tensor), p.trainable, p.same_as] for p in values]

    modules = [
        {
            "path": m.path,
            "class": classes.number(m.python_class),
            "op": ops.number(m.op),
            "parameters": parameters(m.parameters),
            "buffers": parameters(m.buffers),
            "children": list(m.children),
            "aliases": list(m.aliases),
            "training": m.training,
        }
        for m in trace.modules
    ]
    calls = [
        [
            c.path, c.module, c.nth, c.parent, ops.number(c.op),
            ports(c.inputs), ports(c.outputs), list(c.reads),
        ]
        for c in trace.calls
    ]  # fmt: skip
    activations = [[tensors.number(a.tensor), a.storage] for a in trace.activations]
    return {
        "format": FORMAT,
        "format_version": trace.format_version,
        "model_name": trace.model_name,
        "provenance": _plain(trace.provenance),
        "failure": None if trace.failure is None else _plain(trace.failure),
        "inputs": ports(trace.inputs),
        "outputs": ports(trace.outputs),
        "ops": [{"op": type(op).__name__, **_plain(op)} for op in ops.numbers],
        "classes": [[c.module, c.qualname] for c in classes.numbers],
        "tensors": [[list(t.shape), t.dtype, t.itemsize] for t in tensors.numbers],
        "activations": activations,
        "modules": modules,
        "calls": calls,
    }


def loads(text: str) -> Trace:
    """The trace that `dumps` wrote, or the only one that `dumps_measured` wrote; see `loads_timed`.

    Raises `TraceFileError` for text that is no JSON, no trace, a newer format or inconsistent.
    """
    return loads_timed(text)[0]


def loads_timed(text: str) -> tuple[Trace, Measurements | None]:
    """The one trace of a text, with its measurements; None where it was saved without any.

    Raises `TraceFileError` as `loads` does, and where several were measured.
    """
    document = _of_format(
        text, "a trace", "`resnet-inspect trace MODEL --save FILE`", FORMAT, MEASURED_FORMAT
    )
    if document["format"] == FORMAT:
        return _trace(document), None
    found = _measured(document)
    if len(found) > 1:
        raise TraceFileError(
            f"not a trace: {len(found)} were measured, and each has its own",
            hint="`resnet-inspect measure FILE` shows them all; `--batch 8 --save FILE` keeps one",
        )
    return found[0]


def loads_measured(text: str) -> tuple[Measured, ...]:
    """The measurements that `dumps_measured` wrote.

    Raises `TraceFileError` as `loads` does, and for measurements of another trace than theirs.
    """
    writer = "`resnet-inspect measure MODEL --save FILE`"
    return _measured(_of_format(text, "measurements", writer, MEASURED_FORMAT))


def _measured(document: dict[str, Any]) -> tuple[Measured, ...]:
    """The measurements of a JSON object."""
    _check_version(document, "measurements", MEASUREMENTS_VERSION)
    try:
        found = tuple(
            (_trace(entry["trace"]), _built(Measurements, entry["measurements"]))
            for entry in _list(document["measured"])
        )
    except _NOT_UNDERSTOOD as error:
        raise TraceFileError(
            _one_line(f"{type(error).__name__}: {error}", "measurements")
        ) from error
    faults = [fault for trace, one in found if (fault := mismatch(trace, one))]
    if faults or not found:
        raise TraceFileError(_one_line(faults[0] if faults else "there are none", "measurements"))
    return found


def _of_format(text: str, what: str, writer: str, *formats: str) -> dict[str, Any]:
    """The JSON object of one of those formats in a text."""
    try:
        document = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"not {what}: no valid JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") not in formats:
        raise TraceFileError(
            f"not {what}: the JSON is of something else",
            hint=f"{what} {'are' if what.endswith('s') else 'is'} written by {writer}",
        )
    return document


def _check_version(document: dict[str, Any], what: str, newest: int) -> None:
    version = document.get("format_version")
    if type(version) is not int or version < 1:
        raise TraceFileError(f"damaged {what}: no format version but {reprlib.repr(version)}")
    if version > newest:
        has = "have" if what.endswith("s") else "has"
        raise TraceFileError(
            f"the {what} {has} format version {version}; the newest known here is {newest}",
            hint="upgrade resnet-inspect",
        )


_NOT_UNDERSTOOD = (KeyError, TypeError, ValueError, IndexError, AttributeError)


def _trace(document: dict[str, Any]) -> Trace:
    """The trace of a JSON object."""
    _check_version(document, "trace", FORMAT_VERSION)
    try:
        trace = _read(document)
    except _NOT_UNDERSTOOD as error:
        raise TraceFileError(_one_line(f"{type(error).__name__}: {error}")) from error
    fault = broken_reference(trace)
    if fault:
        raise TraceFileError(_one_line(fault))
    return trace


def _integer(digits: str) -> int:
    """A number of the document. Being Python, it lets other threads have their turn."""
    return int(digits)


def _one_line(fault: str, what: str = "trace") -> str:
    return f"damaged {what}: {' '.join(fault.split())}"


def _plain(value: Any) -> Any:
    """A dataclass as nested dicts and lists; a field that is not compared is no part of it."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _built(kind: type[T], entry: Any) -> T:
    """A dataclass from the dict that `_plain` made of it, each field of the type it declares."""
    arguments = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in entry:
            arguments[field.name] = _READERS[str(field.type)](entry[field.name])
    unknown = sorted(set(entry) - {*arguments, "op"})
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {unknown[0]!r}")
    return kind(**arguments)


def read_op(entry: Any) -> Op:
    """An op from its fields as JSON has them; raises `ValueError` and the like for what is none."""
    op: Op = _built(OPS[entry["op"]], entry)
    if isinstance(op, Conv) and op.groups == 0:
        raise ValueError("a convolution has at least one group")
    return op


def _window(entry: Any) -> Window:
    window = _built(Window, entry)
    dimensions = len(window.kernel_size)
    after = window.padding if window.padding_after is None else window.padding_after
    others = (window.stride, window.padding, window.dilation, after)
    if dimensions == 0 or any(len(numbers) != dimensions for numbers in others):
        raise ValueError("a window has one number for each spatial dimension")
    if 0 in window.kernel_size + window.stride + window.dilation:
        raise ValueError("kernel size, stride and dilation of a window are at least 1")
    return window


def _refuse(expected: str, value: Any) -> NoReturn:
    raise ValueError(f"expected {expected}, found {reprlib.repr(value)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        _refuse("text", value)
    if not value.isascii():
        value.encode()  # raises for half of a surrogate pair, which nothing could write down again
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        _refuse("a count", value)
    return value


def _offset(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        _refuse("a whole number", value)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        _refuse("true or false", value)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        _refuse("a list", value)
    return value


def _or_none(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else read(value)


def _several(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    # A list first, since a generator takes half as long again, for very many short ones.
    return lambda value: tuple([read(item) for item in _list(value)])


def _pair(value: Any) -> tuple[str, str]:
    first, second = _list(value)
    return _text(first), _text(second)


def _two_counts(value: Any) -> tuple[int, int]:
    first, second = _list(value)
    return _count(first), _count(second)


def _port(value: Any) -> Port:
    label, activation = _list(value)
    return Port(_text(label), _count(activation))


_counts, _texts, _ports = _several(_count), _several(_text), _several(_port)
_text_or_none, _count_or_none = _or_none(_text), _or_none(_count)

_READERS: dict[str, Callable[[Any], Any]] = {
    "int": _count,
    "str": _text,
    "bool": _flag,
    "Sizes": _counts,
    "Offsets": _several(_offset),
    "Sizes | None": _or_none(_counts),
    "Window": _window,
    "tuple[int | None, ...]": _several(_count_or_none),
    "tuple[str, ...]": _texts,
    "tuple[tuple[str, str], ...]": _several(_pair),
    "tuple[int, ...]": _counts,
    "tuple[tuple[int, ...], ...]": _several(_counts),
    "tuple[tuple[int, int], ...]": _several(_two_counts),
    "int | None": _count_or_none,
    "Machine": lambda entry: _built(Machine, entry),
    "Ceiling": lambda entry: _built(Ceiling, entry),
    "Peak": lambda entry: _built(Peak, entry),
}
"""How a field is read, by the type that its dataclass declares."""


def _read(document: dict[str, Any]) -> Trace:
    ops = [read_op(entry) for entry in _list(document["ops"])]
    classes = [
        PythonClass(_text(module), _text(qualname))
        for module, qualname in _list(document["classes"])
    ]
    tensors = [
        TensorSpec(_counts(shape), _text(dtype), _count(itemsize))
        for shape, dtype, itemsize in _list(document["tensors"])
    ]

    def parameter(entry: Any) -> ParameterSpec:
        name, tensor, trainable, same_as = _list(entry)
        return ParameterSpec(
            _text(name), tensors[_count(tensor)], _flag(trainable), _text_or_none(same_as)
        )

    parameters = _several(parameter)
    modules = tuple(
        ModuleSpec(
            path=_text(m["path"]),
            python_class=classes[_count(m["class"])],
            op=ops[_count(m["op"])],
            parameters=parameters(m["parameters"]),
            buffers=parameters(m["buffers"]),
            children=_texts(m["children"]),
            aliases=_texts(m["aliases"]),
            training=_flag(m["training"]),
        )
        for m in _list(document["modules"])
    )
    calls = tuple(
        Call(
            index,
            _text(path),
            _text_or_none(module),
            _count(nth),
            _count_or_none(parent),
            ops[_count(op)],
            _ports(inputs),
            _ports(outputs),
            _texts(reads),
        )
        for index, (path, module, nth, parent, op, inputs, outputs, reads) in enumerate(
            _list(document["calls"])
        )
    )
    failure = document["failure"]
    return Trace(
        model_name=_text(document["model_name"]),
        modules=modules,
        calls=calls,
        activations=tuple(
            Activation(tensors[_count(tensor)], _count(storage))
            for tensor, storage in _list(document["activations"])
        ),
        inputs=_ports(document["inputs"]),
        outputs=_ports(document["outputs"]),
        provenance=_built(Provenance, document["provenance"]),
        failure=None if failure is None else _built(Failure, failure),
        format_version=_count(document["format_version"]),
    )
