"""Lock files: the architecture of a network as text for version control, a line for each call.

    resnet-inspect lock 1
    # 11,689,512 parameters, 9,620 in buffers, 1,814,073,344 MACs
    model: resnet18
    mode: eval
    input: 1x3x224x224

    conv1 conv kernel_size=7x7 stride=2x2 padding=3x3 in_channels=3 ... -> 1x64x112x112
    bn1 norm batch num_features=64 parameters=128 buffers=128+1:int64 -> 1x64x112x112
    relu activate relu in_place -> 1x64x112x112
    ...
    output: fc

A call takes what the line above gave unless it says `<-`, so an inserted layer is one line more and
the lines below it stay. Calls that a call made are indented below it. What is as usual (stride 1,
padding 0, the element type of what it takes) is not written. Lines that begin with # are for people
and are not read: totals follow from the lines.

`loads` gives a trace of all that a lock holds, so that every reader of traces reads locks. Two
networks have one architecture if their lines are the same.
"""

from __future__ import annotations

import difflib

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, TraceFileError
from resnet_inspect.locks.reader import Reader
from resnet_inspect.locks.words import write_name
from resnet_inspect.locks.writer import Writer
from resnet_inspect.traces.invariants import unsound
from resnet_inspect.traces.model import FORWARD, Trace

FORMAT = "resnet-inspect lock"
FORMAT_VERSION = 1

_HINT = "`resnet-inspect lock MODEL -o FILE` writes one"


def is_lock(text: str) -> bool:
    """Whether a text is a lock file, sound or not."""
    return text.startswith(FORMAT)


def same(left: Trace, right: Trace) -> bool:
    """Whether two networks have one architecture, names included."""
    return _architecture(left) == _architecture(right)


def changed_lines(left: Trace, right: Trace) -> list[str]:
    """The lines that only the left has, behind -, and those that only the right has, behind +."""
    found = difflib.unified_diff(_architecture(left), _architecture(right), n=0, lineterm="")
    return [line for line in list(found)[2:] if line[:1] in "-+"]


def _architecture(trace: Trace) -> list[str]:
    return list(Writer(trace).lines())


def dumps(trace: Trace, *comments: str) -> str:
    """The lock of a traced network, with these lines for people at its top.

    Raises `BadInput` for a trace that ends before the network did.
    """
    if trace.failure is not None:
        raise BadInput(
            "a lock holds a whole network; this trace ends where the forward pass raised"
        )
    totals = Survey(trace).totals
    figures = (
        f"{totals.parameters.total:,} parameters, {totals.buffers.total:,} in buffers, "
        f"{totals.macs:,} MACs"
    )
    lines = [
        f"{FORMAT} {FORMAT_VERSION}",
        *(f"# {' '.join(comment.split())}" for comment in (*comments, figures)),
        f"model: {write_name(trace.model_name)}",
        f"mode: {write_name(trace.provenance.mode)}",
        *_call(trace.provenance.call),
        *Writer(trace).lines(),
    ]
    return "\n".join(lines) + "\n"


def _call(method: str) -> list[str]:
    """The line of what was run, where that is not the forward."""
    return [] if method == FORWARD else [f"call: {write_name(method)}"]


def loads(text: str) -> Trace:
    """The trace of what a lock holds; `dumps` writes it as the same lines again.

    Raises `TraceFileError` for what is no lock, a newer one, or one that was damaged.
    """
    first, *lines = text.split("\n")
    version = first.removeprefix(FORMAT).strip()
    if not is_lock(text) or not version.isdecimal():
        raise TraceFileError("not a lock: its first line says something else", hint=_HINT)
    if int(version) != FORMAT_VERSION:
        raise TraceFileError(
            f"the lock has format version {version}; the one known here is {FORMAT_VERSION}",
            hint="upgrade resnet-inspect, or lock the network again",
        )
    reader = Reader()
    for number, line in enumerate(lines, start=2):
        try:
            reader.read(line)
        except (ValueError, KeyError, IndexError, TypeError, StopIteration) as error:
            said = error.args[0] if error.args else ""
            fault = f"no {said!r} is known" if isinstance(error, KeyError) else str(said)
            conflict = line[:7] in {"<" * 7, "=" * 7, ">" * 7}
            raise TraceFileError(
                f"damaged lock: line {number}: {' '.join(fault.split()) or 'cannot be read'}",
                hint="it has a merge conflict: lock the network again" if conflict else _HINT,
            ) from error
    try:
        trace = reader.trace()
    except ValueError as error:
        raise TraceFileError(f"damaged lock: {error}", hint=_HINT) from error
    broken = unsound(trace)
    if broken:
        raise TraceFileError(f"damaged lock: {' '.join(broken.split())}", hint=_HINT)
    return trace
