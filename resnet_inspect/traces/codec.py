"""Trace <-> JSON, with a format version; measurements likewise, each with its trace.

Equal ops, classes and tensor specs are written once and referred to by number, so a file stays
small and reads fast. What cannot be understood is a `TraceFileError`, never a half-read trace.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces import signals
from resnet_inspect.traces.fields import (
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
from resnet_inspect.traces.invariants import unsound
from resnet_inspect.traces.model import FORMAT_VERSION, Call, Failure, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import LEARNED, Op
from resnet_inspect.traces.signals import SIGNALS_VERSION, Signals, Watched
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec
from resnet_inspect.traces.timing import MEASUREMENTS_VERSION, Measurements, mismatch
from resnet_inspect.visible import json_text

FORMAT = "resnet-inspect trace"
MEASURED_FORMAT = "resnet-inspect measurements"
SIGNALS_FORMAT = "resnet-inspect signals"

Measured = tuple[Trace, Measurements]
"""Measurements mean nothing without the trace whose calls they are of."""

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
    entries = [{"measurements": plain(one), "trace": _document(trace)} for trace, one in measured]
    return _written(
        {
            "format": MEASURED_FORMAT,
            "format_version": MEASUREMENTS_VERSION,
            "measured": entries,
        }
    )


def dumps_signals(watched: Watched) -> str:
    """Signals with the trace of their network as JSON text; `loads_signals` gives them back.

    More steps may follow, each as a line of its own.
    """
    trace, steps = watched
    return _written(
        {
            "format": SIGNALS_FORMAT,
            "format_version": SIGNALS_VERSION,
            "steps": plain(steps),
            "trace": _document(trace),
        }
    )


def loads_signals(text: str) -> Watched:
    """The signals that `dumps_signals` wrote.

    Raises `TraceFileError` as `loads` does, and for signals of another trace than theirs.
    """
    writer = "`resnet-inspect signal MODEL --save FILE`"
    return _signals(_of_format(text, "signals", writer, SIGNALS_FORMAT))


def _signals(document: dict[str, Any]) -> Watched:
    """The signals of a JSON object."""
    _check_version(document, "signals", SIGNALS_VERSION)
    try:
        trace = _trace(document["trace"])
        steps = tuple(read_dataclass(Signals, entry) for entry in read_list(document["steps"]))
    except NOT_UNDERSTOOD as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}", "signals")) from error
    fault = signals.mismatch(trace, steps)
    if fault:
        raise TraceFileError(one_line(fault, "signals"))
    return trace, steps


def _written(document: dict[str, Any]) -> str:
    return json_text(document, separators=(",", ":")) + "\n"


def _document(trace: Trace) -> dict[str, Any]:
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
    if call.checkpoint is not None:
        return call.past_hooks, call.checkpoint
    return (True,) if call.past_hooks else ()


def _read_later(past_hooks: Any = False, checkpoint: Any = None) -> tuple[bool, int | None]:
    return read_flag(past_hooks), read_count_or_none(checkpoint)


def _known(op: Op) -> dict[str, Any]:
    """An op without the fields for what was not recorded of it."""
    fields: dict[str, Any] = plain(op)
    return {k: value for k, value in fields.items() if value is not None or k not in LEARNED}


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
        text,
        "a trace",
        "`resnet-inspect trace MODEL --save FILE`",
        FORMAT,
        MEASURED_FORMAT,
        SIGNALS_FORMAT,
    )
    if document["format"] == FORMAT:
        return _trace(document), None
    if document["format"] == SIGNALS_FORMAT:
        return _signals(document)[0], None
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
            (_trace(entry["trace"]), read_dataclass(Measurements, entry["measurements"]))
            for entry in read_list(document["measured"])
        )
    except NOT_UNDERSTOOD as error:
        raise TraceFileError(
            one_line(f"{type(error).__name__}: {error}", "measurements")
        ) from error
    faults = [fault for trace, one in found if (fault := mismatch(trace, one))]
    if faults or not found:
        raise TraceFileError(one_line(faults[0] if faults else "there are none", "measurements"))
    return found


def _of_format(text: str, what: str, writer: str, *formats: str) -> dict[str, Any]:
    """The JSON object of one of those formats in a text."""
    try:
        document = _parsed(text)
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


NOT_UNDERSTOOD = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What reading a document raises that is not what was written."""


def _trace(document: dict[str, Any]) -> Trace:
    """The trace of a JSON object."""
    _check_version(document, "trace", FORMAT_VERSION)
    try:
        trace = _read(document)
    except NOT_UNDERSTOOD as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}")) from error
    fault = unsound(trace)
    if fault:
        raise TraceFileError(one_line(fault))
    return trace


def _parsed(text: str) -> Any:
    """The JSON value of a text; behind signals there may be lines, each a step."""
    head, _, lines = text.partition("\n")
    if not lines or not head.endswith("}"):
        return json.loads(text, parse_int=_integer)
    document = json.loads(head, parse_int=_integer)
    if isinstance(document, dict) and document.get("format") == SIGNALS_FORMAT:
        later = [json.loads(line) for line in lines.split("\n")[:-1]]
        return {**document, "steps": [*read_list(document.get("steps")), *later]}
    return json.loads(text)


def _integer(digits: str) -> int:
    """A number of the document. Being Python, it lets other threads have their turn."""
    return int(digits)


def one_line(fault: str, what: str = "trace") -> str:
    """What is wrong with a file, for an error."""
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
