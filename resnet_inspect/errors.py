"""Every error that resnet-inspect raises on purpose, and the exit code each one means.

    InspectError
    ├── UsageError             2  what was asked for does not exist or cannot be
    │   ├── UnknownName        2  a model, view, format, column or device that is not there
    │   └── BadInput           2  an input shape, dtype or builder argument that cannot be
    ├── MissingDependency      3  a package that is absent or does not fit the others
    ├── MissingDevice          3  a device that this machine does not have
    └── WorkFailed             1  the request was sound, the work was not
        ├── BuildError         1  the builder of the model raised
        ├── ForwardError       1  the forward pass raised; carries the trace up to there
        ├── UntraceableModel   1  a model that runs without Python (TorchScript)
        ├── TraceFileError     1  a damaged, foreign or newer trace or lock file
        ├── CheckpointError    1  weights that cannot be read safely, or do not fit
        ├── OutputError        1  a file that exists or could not be written
        ├── NoDefinition       1  a class whose source is not on this machine (`definitions`)
        └── ChildDied          1  the explorer's child process ended (`tui.process.errors`)

    KeyboardInterrupt
    └── ForwardInterrupted   130  the forward pass was interrupted; carries the trace up to there

An error is one sentence and, where there is one, a hint: what to do next. It never refers to
torch, so every floor may raise it. `ForwardInterrupted` is no error but
the user's wish.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnet_inspect.traces.model import Trace


class InspectError(Exception):
    """The root of the family.

    `slug` names the kind of error in the documentation; `exit_code` is what the command line
    returns for it; `hint` says how to go on, and may be empty. A traceback has it as a note.
    """

    slug = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")


class UsageError(InspectError):
    """What was asked for does not exist or cannot be."""

    slug = "usage"
    exit_code = 2


class UnknownName(UsageError):
    """A name that is not in a list of known names; the hint gives the nearest ones."""

    slug = "unknown-name"

    def __init__(self, what: str, name: str, known: Iterable[str], *, see: str = "") -> None:
        close = _nearest(name, known)
        hints = [f"did you mean {' or '.join(close)}?"] if close else []
        if see:
            hints.append(see)
        super().__init__(f"unknown {what} '{name}'", hint=" ".join(hints))


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that may be meant: those of the same letters and digits, else the nearest.

    Of the nearest ones, up to three that are about as near as the first.
    """
    every = list(known)
    if same := [one for one in every if _bare(one) == _bare(name)]:
        return same[:3]
    close = difflib.get_close_matches(name, every, n=3, cutoff=0.5)
    ratios = [difflib.SequenceMatcher(None, one, name).ratio() for one in close]
    return [one for one, ratio in zip(close, ratios, strict=True) if ratio > ratios[0] - 0.1]


def _bare(name: str) -> str:
    """Letters and digits alone."""
    return "".join(filter(str.isalnum, name.casefold()))


class BadInput(UsageError):
    """An input shape, dtype or builder argument that cannot be."""

    slug = "bad-input"


class MissingDependency(InspectError):
    """A package that is absent or does not fit the others."""

    slug = "missing-dependency"
    exit_code = 3


class MissingDevice(InspectError):
    """A device that this machine does not have."""

    slug = "missing-device"
    exit_code = 3


class WorkFailed(InspectError):
    """The request was sound, the work was not."""

    slug = "work-failed"


class BuildError(WorkFailed):
    """The builder of the model raised."""

    slug = "build"


class ForwardError(WorkFailed):
    """The forward pass raised. `trace` holds the calls made up to there."""

    slug = "forward"

    def __init__(self, message: str, *, hint: str = "", trace: Trace) -> None:
        super().__init__(message, hint=hint)
        self.trace = trace

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of frames: the calls up to there, and the sentence."""
        sentence = f"{type(self).__name__}: {self}"
        return [*str(self.trace).splitlines(), "", sentence, *getattr(self, "__notes__", ())]


class ForwardInterrupted(KeyboardInterrupt):
    """The forward pass was interrupted. `trace` holds the calls made up to there.

    It is a `KeyboardInterrupt`, so that it stops whatever an interrupt stops.
    """

    def __init__(self, message: str, trace: Trace) -> None:
        super().__init__(message)
        self.trace = trace


class UntraceableModel(WorkFailed):
    """A model whose layers do not run in Python, so that no hook is called."""

    slug = "untraceable"


class TraceFileError(WorkFailed):
    """A damaged, foreign or newer trace or lock file."""

    slug = "trace-file"


class CheckpointError(WorkFailed):
    """A file of weights that is damaged, is none, would run code, or does not fit the network."""

    slug = "checkpoint"


class OutputError(WorkFailed):
    """A file that exists already or could not be written."""

    slug = "output"


def line_of(error: BaseException) -> str:
    """The line of the user's code that raised, if any did: " (model.py, line 3)".

    It is the innermost that is of no package and not Python's, called by the innermost of ours.
    """
    import sysconfig
    import traceback

    ours, found = f"{Path(__file__).parent}{os.sep}", ""
    others = tuple(
        f"{sysconfig.get_path(kind)}{os.sep}" for kind in ("purelib", "platlib", "stdlib")
    )
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(ours):
            found = ""
        elif not frame.filename.startswith((*others, "<")):
            found = f" ({Path(frame.filename).name}, line {frame.lineno})"
    return found
