"""What goes from process to process: requests, errors, and measurements that grow.

A measured run is sent once. The first state goes as a whole; of each later one only its new runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from resnet_inspect.errors import BadInput, ForwardError, InspectError, WorkFailed
from resnet_inspect.escaping import named_first_line
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.timing import Measurements, mismatch
from resnet_inspect.tui.process.errors import ChildDied, Obsolete

_RUNS = ("forward", "whole_forward", "backward", "whole_backward")
"""The fields of measurements that hold something for each run."""


# -- requests and answers -----------------------------------------------------------------------


def line_of(request: Mapping[str, Any]) -> bytes:
    """A request as the worker reads it."""
    try:
        return json.dumps(request).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"an argument cannot be passed on: {error}") from error


def object_in(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line; None for anything else, which is not of the protocol."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        return None
    return found


# -- errors -------------------------------------------------------------------------------------


def described(error: BaseException) -> dict[str, Any]:
    """An exception as plain data; a forward that raised brings the calls made before."""
    described: dict[str, Any] = {"partial": None}
    if isinstance(error, InspectError):
        described |= {"slug": error.slug, "message": error.message, "hint": error.hint}
    elif isinstance(error, MemoryError):
        hint = "the meta device needs none"
        described |= {"slug": "out-of-memory", "message": "out of memory", "hint": hint}
    elif type(error).__name__ == "OutOfMemoryError":  # torch's own, of a graphics card
        hint = "a smaller batch, or another device"
        described |= {"slug": "out-of-memory", "message": "out of memory", "hint": hint}
    else:
        message = f"unexpected {named_first_line(error)}"
        described |= {"slug": "unexpected", "message": message, "hint": ""}
    if isinstance(error, ForwardError):
        described["partial"] = codec.dumps(error.trace)
    return described


def error_from(described: Any) -> InspectError:
    """The exception that the worker described."""
    if not isinstance(described, dict):
        return WorkFailed("the tracing process failed and did not say why")
    message, hint = str(described.get("message", "")), str(described.get("hint", ""))
    partial = described.get("partial")
    if isinstance(partial, str):
        return ForwardError(message, hint=hint, trace=codec.loads(partial))
    kind = _KINDS.get(str(described.get("slug")), WorkFailed)
    # Some classes make message and hint of other arguments; here both are made already.
    error = kind.__new__(kind)
    InspectError.__init__(error, message, hint=hint)
    return error


def _family(kind: type[InspectError]) -> Iterator[type[InspectError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _family(below)


_KINDS = {
    kind.slug: kind
    for kind in reversed([*_family(InspectError)])
    if kind not in (ForwardError, ChildDied, Obsolete)
}
"""Errors by slug. A forward that raised comes with a trace; without one it is a `WorkFailed`."""


# -- measurements -------------------------------------------------------------------------------


def added(before: Measurements, now: Measurements) -> dict[str, Any]:
    """The runs that the later state has and the earlier has not, as plain data."""
    return {name: getattr(now, name)[len(getattr(before, name)) :] for name in _RUNS}


def grown(before: Measured, more: Mapping[str, Any]) -> Measured:
    """The later state, from the earlier one and what `added` gave of the two.

    Raises `WorkFailed` for runs that are not of that trace.
    """
    trace, found = before
    runs: dict[str, Any] = {name: (*getattr(found, name), *_frozen(more[name])) for name in _RUNS}
    now = replace(found, **runs)
    fault = mismatch(trace, now)
    if fault is not None:
        raise WorkFailed(f"the measurements so far are damaged: {fault}")
    return trace, now


def _frozen(value: Any) -> Any:
    """Lists, and the lists in them, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
