"""Trace <-> JSON, with a format version; measurements likewise, each with its trace.

Objects of JSON are those of `documents`; text that cannot be understood is a `TraceFileError`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_inspect.errors import TraceFileError
from resnet_inspect.escaping import json_text
from resnet_inspect.traces import signals
from resnet_inspect.traces.json.documents import (
    FORMAT,
    NOT_UNDERSTOOD,
    check_version,
    document_of,
    one_line,
    trace_of,
)
from resnet_inspect.traces.json.fields import (
    plain,
    read_dataclass,
    read_list,
)
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import SIGNALS_VERSION, Signals, Watched
from resnet_inspect.traces.timing import MEASUREMENTS_VERSION, Measurements, mismatch

MEASURED_FORMAT = "resnet-inspect measurements"
SIGNALS_FORMAT = "resnet-inspect signals"

Measured = tuple[Trace, Measurements]
"""Measurements mean nothing without the trace whose calls they are of."""
Recorded = Measurements | tuple[Signals, ...]
"""What is kept beside a trace: how long it took, or what flowed in each step."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A trace with what was saved beside it."""

    trace: Trace
    measured: Measurements | None = None
    steps: tuple[Signals, ...] = ()
    """The steps of which there are signals."""

    @property
    def recorded(self) -> Recorded | None:
        """What was recorded of it, if anything was."""
        return self.measured or self.steps or None


def dumps(trace: Trace) -> str:
    """The trace as JSON text; `loads` gives an equal trace back."""
    return _written(document_of(trace))


def dumps_measured(measured: Sequence[Measured]) -> str:
    """Measurements with their traces as JSON text; `loads_measured` gives equal ones back."""
    entries = [{"measurements": plain(one), "trace": document_of(trace)} for trace, one in measured]
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
            "trace": document_of(trace),
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
    check_version(document, "signals", SIGNALS_VERSION)
    try:
        trace = trace_of(document["trace"])
        steps = tuple(read_dataclass(Signals, entry) for entry in read_list(document["steps"]))
    except NOT_UNDERSTOOD as error:
        raise TraceFileError(one_line(f"{type(error).__name__}: {error}", "signals")) from error
    fault = signals.mismatch(trace, steps)
    if fault:
        raise TraceFileError(one_line(fault, "signals"))
    return trace, steps


def _written(document: dict[str, Any]) -> str:
    return json_text(document, separators=(",", ":")) + "\n"


def loads(text: str) -> Trace:
    """The trace that `dumps` wrote, or the only one of `dumps_measured` or `dumps_signals`.

    Raises `TraceFileError` for text that is no JSON, no trace, a newer format or inconsistent.
    """
    return loads_saved(text).trace


def loads_saved(text: str) -> Saved:
    """The one trace of a text, with its measurements or signals if it was saved with some.

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
        return Saved(trace_of(document))
    if document["format"] == SIGNALS_FORMAT:
        trace, steps = _signals(document)
        return Saved(trace, steps=steps)
    found = _measured(document)
    if len(found) > 1:
        raise TraceFileError(
            f"not a trace: {len(found)} were measured, and each has its own",
            hint="`resnet-inspect measure FILE` shows them all; `--batch 8 --save FILE` keeps one",
        )
    return Saved(*found[0])


def loads_measured(text: str) -> tuple[Measured, ...]:
    """The measurements that `dumps_measured` wrote.

    Raises `TraceFileError` as `loads` does, and for measurements of another trace than theirs.
    """
    writer = "`resnet-inspect measure MODEL --save FILE`"
    return _measured(_of_format(text, "measurements", writer, MEASURED_FORMAT))


def _measured(document: dict[str, Any]) -> tuple[Measured, ...]:
    """The measurements of a JSON object."""
    check_version(document, "measurements", MEASUREMENTS_VERSION)
    try:
        found = tuple(
            (trace_of(entry["trace"]), read_dataclass(Measurements, entry["measurements"]))
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
