"""A trace as an object of JSON, and back.

Equal ops, classes and tensor specs are written once and referred to by number, so a file stays
small and reads fast. What cannot be understood is a `TraceFileError`, never a half-read trace.
"""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.invariants import unsound
from resnet_inspect.traces.json.fields import (
    plain,
    read_count,
    read_count_or_none,
    read_counts,
    read_dataclass,
    read_flag,
    read_list,
    read_op,
    read_ports,
    read_text,
    read_text_or_none,
    read_texts,
    several,
)
from resnet_inspect.traces.model import FORMAT_VERSION, Call, Checkpoint, Failure, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import LEARNED, Op
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec

FORMAT = "resnet-inspect trace"

H = TypeVar("H", bound=Hashable)


class _Numbered(Generic[H]):
    """Values in order of first sight, each once."""

    def __init__(self) -> None:
        self.numbers: dict[H, int] = {}

    def number(self, value: H) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def document_of(trace: Trace) -> dict[str, Any]:
    """The JSON object of a trace."""
    tensors: _Numbered[TensorSpec] = _Numbered()
    ops: _Numbered[Op] = _Numbered()
    classes: _Numbered[PythonClass] = _Numbered()

    def ports(values: Sequence[Port]) -> list[list[Any]]:
        return [[port.label, port.activation] for port in values]

    def parameters(values: Sequence[ParameterSpec]) -> list[list[Any]]:
        return [
            [
                p.name,
                tensors.number(p.tensor),
                p.trainable,
                p.same_as,
                *([p.packed] if p.packed or p.zeros is not None else ()),
                *([p.zeros] if p.zeros is not None else ()),
            ]
            for p in values
        ]

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
            ports(c.inputs), ports(c.outputs), list(c.reads), *_later(c),
        ]
        for c in trace.calls
    ]  # fmt: skip
    activations = [[tensors.number(a.tensor), a.storage] for a in trace.activations]
    return {
        "format": FORMAT,
        "format_version": trace.format_version,
        "model_name": trace.model_name,
        "provenance": plain(trace.provenance),
        "failure": None if trace.failure is None else plain(trace.failure),
        "inputs": ports(trace.inputs),
        "outputs": ports(trace.outputs),
        "ops": [{"op": type(op).__name__, **_known(op)} for op in ops.numbers],
        "classes": [[c.module, c.qualname] for c in classes.numbers],
        "tensors": [
            [list(t.shape), t.dtype, t.itemsize, *([t.mapped] if t.mapped != 1 else ())]
            for t in tensors.numbers
        ],
        "activations": activations,
        "modules": modules,
        "calls": calls,
    }


def _later(call: Call) -> tuple[Any, ...]:
    """The fields of a call that came later, as far as they say something."""
    if call.checkpoints:
        chain = [[one.first, one.reentrant, one.selective] for one in call.checkpoints]
        return call.past_hooks, chain
    return (True,) if call.past_hooks else ()


def _read_later(
    past_hooks: Any = False, checkpoints: Any = ()
) -> tuple[bool, tuple[Checkpoint, ...]]:
    return read_flag(past_hooks), _read_checkpoints(checkpoints) if checkpoints else ()


def _read_checkpoint(value: Any) -> Checkpoint:
    first, reentrant, selective = read_list(value)
    return Checkpoint(read_count(first), read_flag(reentrant), read_flag(selective))


_read_checkpoints = several(_read_checkpoint)


def _known(op: Op) -> dict[str, Any]:
    """An op without the fields for what was not recorded of it."""
    fields: dict[str, Any] = plain(op)
    return {k: value for k, value in fields.items() if value is not None or k not in LEARNED}


NOT_UNDERSTOOD = (KeyError, TypeError, ValueError, IndexError, AttributeError)


def check_version(document: dict[str, Any], what: str, newest: int) -> None:
    """Raise `TraceFileError` for an object without a format version, or of a newer one."""
    version = document.get("format_version")
    if type(version) is not int or version < 1:
        raise TraceFileError(f"damaged {what}: no format version but {reprlib.repr(version)}")
    if version > newest:
        has = "have" if what.endswith("s") else "has"
        raise TraceFileError(
            f"the {what} {has} format version {version}; the newest known here is {newest}",
            hint="upgrade resnet-inspect",
        )


def trace_of(document: dict[str, Any]) -> Trace:
    """The trace of a JSON object."""
    check_version(document, "trace", FORMAT_VERSION)
    try:
        trace = _read(document)
    except NOT_UNDERSTOOD as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}")) from error
    fault = unsound(trace)
    if fault:
        raise TraceFileError(one_line(fault))
    return trace


def one_line(fault: str, what: str = "trace") -> str:
    """What is said of something that does not hold together."""
    return f"damaged {what}: {' '.join(fault.split())}"


def _read(document: dict[str, Any]) -> Trace:
    ops = [read_op(entry) for entry in read_list(document["ops"])]
    classes = [
        PythonClass(read_text(module), read_text(qualname))
        for module, qualname in read_list(document["classes"])
    ]
    tensors = [
        TensorSpec(read_counts(shape), read_text(dtype), *map(read_count, (itemsize, *mapped)))
        for shape, dtype, itemsize, *mapped in read_list(document["tensors"])
    ]

    def parameter(entry: Any) -> ParameterSpec:
        name, tensor, trainable, same_as, *later = read_list(entry)
        return ParameterSpec(
            read_text(name),
            tensors[read_count(tensor)],
            read_flag(trainable),
            read_text_or_none(same_as),
            *map(read_flag, later[:1]),
            *map(read_count_or_none, later[1:]),
        )

    parameters = several(parameter)
    modules = tuple(
        ModuleSpec(
            path=read_text(m["path"]),
            python_class=classes[read_count(m["class"])],
            op=ops[read_count(m["op"])],
            parameters=parameters(m["parameters"]),
            buffers=parameters(m["buffers"]),
            children=read_texts(m["children"]),
            aliases=read_texts(m["aliases"]),
            training=read_flag(m["training"]),
        )
        for m in read_list(document["modules"])
    )
    calls = tuple(
        Call(
            index,
            read_text(path),
            read_text_or_none(module),
            read_count(nth),
            read_count_or_none(parent),
            ops[read_count(op)],
            read_ports(inputs),
            read_ports(outputs),
            read_texts(reads),
            *_read_later(*later),
        )
        for index, (path, module, nth, parent, op, inputs, outputs, reads, *later) in enumerate(
            read_list(document["calls"])
        )
    )
    failure = document["failure"]
    return Trace(
        model_name=read_text(document["model_name"]),
        modules=modules,
        calls=calls,
        activations=tuple(
            Activation(tensors[read_count(tensor)], read_count(storage))
            for tensor, storage in read_list(document["activations"])
        ),
        inputs=read_ports(document["inputs"]),
        outputs=read_ports(document["outputs"]),
        provenance=read_dataclass(Provenance, document["provenance"]),
        failure=None if failure is None else read_dataclass(Failure, failure),
        format_version=read_count(document["format_version"]),
    )
