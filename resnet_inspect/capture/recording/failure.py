"""Why a forward pass ends before its network does: what was raised, in words, and where."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import torch

from resnet_inspect.capture.signatures import Asked
from resnet_inspect.errors import ForwardInterrupted
from resnet_inspect.escaping import first_line, represented, said
from resnet_inspect.traces.model import Failure, Trace

_NOT_THE_USERS = tuple(
    f"{folder}{os.sep}" for folder in (Path(torch.__file__).parent, Path(__file__).parents[2])
)


class MetaCannotRun(Exception):
    """The meta device cannot run a network that others may; the message says what, and why."""


class ForwardRaised(Exception):
    """The forward pass raised or called `sys.exit`; `trace` has the calls up to there.

    Its cause is what was raised.
    """

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace.model_name)
        self.trace = trace
        self.asked: Asked | None = None
        """What the forward takes, where that is no tensor and may be why it raised."""
        self.hint = ""
        """How to go on, where the failure alone does not tell."""


def interrupted(trace: Trace) -> ForwardInterrupted:
    """The interrupt, with how far the forward had come."""
    assert trace.failure is not None
    ended = sum(bool(call.outputs) for call in trace.calls)
    path = trace.calls[trace.failure.call].path or trace.model_name
    calls = "call" if ended == 1 else "calls"
    return ForwardInterrupted(f"interrupted after {ended:,} {calls}, in {path}", trace)


def failure_of(call: int, error: BaseException) -> Failure:
    """What a trace says of an exception that ended the forward in this call."""
    if isinstance(error, KeyboardInterrupt):  # whatever class of it was raised
        return Failure(call, "KeyboardInterrupt", "KeyboardInterrupt", _where(error))
    return Failure(call, type(error).__name__, _one_line(error), _where(error))


def _one_line(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({'' if error.code is None else represented(error.code)})"
    return first_line(error)


def _where(error: BaseException) -> str:
    """The innermost line of the traceback that is neither torch's nor this package's."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith("<") or code.co_filename.startswith(_NOT_THE_USERS):
            continue
        found = f"{Path(code.co_filename).name}, line {line}, in {code.co_name}"
    return found


def is_of_no_shape(error: BaseException | None) -> bool:
    """Whether an exception is none that torch raises for shapes, so that meta may be the cause."""
    is_ours = isinstance(error, Exception)
    return is_ours and not isinstance(error, RuntimeError | ValueError | IndexError)


def needs_numbers(error: BaseException) -> bool:
    """Whether an exception on meta says that numbers were needed, not that a shape was wrong.

    A forward that makes tensors of its own makes them on the CPU: "device meta" is about those.
    """
    text = said(error).lower()
    if isinstance(error, NotImplementedError):
        return 'the required "forward" function' not in text
    return isinstance(error, Exception) and any(
        words in text
        for words in ("meta tensor", "meta device", "device meta", "device_type 'meta'", "is_cpu()")
    )


def why_not_on_meta(error: BaseException) -> str:
    """Why meta cannot run what raised this, in words that follow a comma."""
    text = said(error)
    if "autocast" in text:
        return "which asks for the autocast of the device it runs on"
    return "which needs numbers"
