"""Trace <-> JSON, with a format version.

Equal ops and tensor specs are written once and referred to by number, so a file stays small and
reads fast. What cannot be understood is a `TraceFileError`, never a half-read trace.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.invariants import broken_reference
from resnet_inspect.traces.model import FORMAT_VERSION, Call, Failure, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec
from resnet_inspect.traces.ops import OPS, Op, Window
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec

FORMAT = "resnet-inspect trace"


T = TypeVar("T", bound=Hashable)


class _Numbered(Generic[T]):
    """Values in order of first sight, each once."""

    def __init__(self) -> None:
        self.numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def dumps(trace: Trace) -> str:
    """The trace as JSON text; `loads` gives an equal trace back."""
    tensors: _Numbered[TensorSpec] = _Numbered()
    ops: _Numbered[Op] = _Numbered()

    def ports(values: Sequence[Port]) -> list[list[Any]]:
        return [[port.label, port.activation] for port in values]

    def parameters(values: Sequence[ParameterSpec]) -> list[list[Any]]:
        return [[p.name, tensors.number(p.tensor), p.trainable, p.same_as] for p in values]

    modules = [
        {
            "path": m.path,
            "class": m.class_name,
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
    document = {
        "format": FORMAT,
        "format_version": trace.format_version,
        "model_name": trace.model_name,
        "provenance": _plain(trace.provenance),
        "failure": None if trace.failure is None else _plain(trace.failure),
        "inputs": ports(trace.inputs),
        "outputs": ports(trace.outputs),
        "ops": [{"op": type(op).__name__, **_plain(op)} for op in ops.numbers],
        "tensors": [[list(t.shape), t.dtype, t.itemsize] for t in tensors.numbers],
        "activations": activations,
        "modules": modules,
        "calls": calls,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def loads(text: str) -> Trace:
    """The trace that `dumps` wrote.

    Raises `TraceFileError` for text that is no JSON, no trace, a newer format or inconsistent.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"not a trace: no valid JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TraceFileError(
            "not a trace: the JSON is of something else",
            hint="a trace is written by `resnet-inspect trace MODEL --save FILE`",
        )
    version = document.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise TraceFileError(
            f"the trace has format version {version}; the newest known here is {FORMAT_VERSION}",
            hint="upgrade resnet-inspect",
        )
    try:
        trace = _read(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise TraceFileError(f"damaged trace: {type(error).__name__}: {error}") from error
    fault = broken_reference(trace)
    if fault:
        raise TraceFileError(f"damaged trace: {fault}")
    return trace


def _plain(value: Any) -> Any:
    """A dataclass as nested dicts and lists."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _deep_tuple(value: Any) -> Any:
    return tuple(_deep_tuple(item) for item in value) if isinstance(value, list) else value


def _op(entry: dict[str, Any]) -> Op:
    arguments = {key: _deep_tuple(value) for key, value in entry.items() if key != "op"}
    if "window" in arguments:
        arguments["window"] = Window(**{k: _deep_tuple(v) for k, v in entry["window"].items()})
    op: Op = OPS[entry["op"]](**arguments)
    return op


def _ports(entries: list[list[Any]]) -> tuple[Port, ...]:
    return tuple(Port(_text(label), _count(activation)) for label, activation in entries)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {value!r}")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"expected a count, found {value!r}")
    return value


def _read(document: dict[str, Any]) -> Trace:
    ops = [_op(entry) for entry in document["ops"]]
    tensors = [
        TensorSpec(tuple(_count(size) for size in shape), _text(dtype), _count(itemsize))
        for shape, dtype, itemsize in document["tensors"]
    ]

    def parameters(entries: list[list[Any]]) -> tuple[ParameterSpec, ...]:
        return tuple(
            ParameterSpec(_text(name), tensors[_count(tensor)], bool(trainable), same_as)
            for name, tensor, trainable, same_as in entries
        )

    modules = tuple(
        ModuleSpec(
            path=_text(m["path"]),
            class_name=_text(m["class"]),
            op=ops[_count(m["op"])],
            parameters=parameters(m["parameters"]),
            buffers=parameters(m["buffers"]),
            children=tuple(m["children"]),
            aliases=tuple(m["aliases"]),
            training=m["training"],
        )
        for m in document["modules"]
    )
    calls = tuple(
        Call(
            index,
            _text(path),
            module,
            _count(nth),
            parent,
            ops[_count(op)],
            _ports(inputs),
            _ports(outputs),
            tuple(reads),
        )
        for index, (path, module, nth, parent, op, inputs, outputs, reads) in enumerate(
            document["calls"]
        )
    )
    failure = document["failure"]
    return Trace(
        model_name=_text(document["model_name"]),
        modules=modules,
        calls=calls,
        activations=tuple(
            Activation(tensors[_count(tensor)], _count(storage))
            for tensor, storage in document["activations"]
        ),
        inputs=_ports(document["inputs"]),
        outputs=_ports(document["outputs"]),
        provenance=Provenance(
            **{key: _deep_tuple(value) for key, value in document["provenance"].items()}
        ),
        failure=None if failure is None else Failure(**failure),
        format_version=_count(document["format_version"]),
    )
