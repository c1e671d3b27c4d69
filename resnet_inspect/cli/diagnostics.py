"""What the program says: results to stdout, and all of stderr (errors, hints, remarks, progress).

Text from outside is shown here, never obeyed.
"""

from __future__ import annotations

import codecs
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from resnet_inspect.escaping import message as shown
from resnet_inspect.escaping import visible_lines

_ASCII = {
    "×": "x", "÷": "/", "·": "-", "─": "-", "…": "...", "→": "->", "≥": ">=", "█": "#",
    "✗": "!", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "#", "▊": "#", "▉": "#",
}  # fmt: skip


def fail(message: str, hint: str, code: int) -> int:
    """Say what went wrong in one line and return the exit code.

    The hint stands behind it; if that has lines of code, these stand below.
    """
    line = f"resnet-inspect: {shown(message)}"
    words, *code_lines = hint.split("\n")
    if words:
        line += f" ({shown(words)})"
    say("\n".join((line, *code_lines)))
    return code


def put(written: str) -> None:
    """Write a result to stdout; nowhere, if its reader has had enough."""
    with _to_a_reader():
        sys.stdout.write(visible_lines(written))


def finish() -> None:
    """Write what of the results is still waiting to be."""
    with _to_a_reader():
        sys.stdout.flush()


@contextmanager
def _to_a_reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        nobody_reads()


def nobody_reads() -> None:
    """Have all else that goes to stdout, also what is waiting, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def say(written: str) -> None:
    """Write lines to stderr, whatever becomes of them."""
    _write(f"{visible_lines(written)}\n")


def say_where() -> None:
    """Write the traceback of what is being handled."""
    say(traceback.format_exc())


def _write(written: str) -> None:
    try:
        sys.stderr.write(written)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # none, full, closed
        pass


def remark(line: str) -> None:
    """Write something the user should know and that is no result."""
    _write(f"resnet-inspect: {shown(line)}\n")


def write_what_the_terminal_can() -> None:
    """Where stdout is not Unicode, write × as x and bars as #."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        part = error.object[error.start : error.end]
        return "".join(_ASCII.get(character, "?") for character in part), error.end

    codecs.register_error("resnet_inspect", replace)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="resnet_inspect")


def is_watched() -> bool:
    """Whether stderr is a terminal, where progress is shown."""
    return sys.stderr is not None and sys.stderr.isatty()


class Progress:
    """Names the step that the work is at, on a terminal and after half a second."""

    DELAY = 0.5

    def __init__(self) -> None:
        self._step = ""
        self._shown = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Progress:
        if is_watched():
            self._timer = threading.Timer(self.DELAY, self._begin)
            self._timer.daemon = True
            self._timer.start()
        return self

    def tell(self, step: str) -> None:
        """The work is at this step now."""
        with self._lock:
            self._step = step
            if self._shown:
                self._write()

    def note(self, line: str) -> None:
        """Write a remark above the step."""
        with self._lock:
            if self._shown:
                _write("\r\x1b[K")
            remark(line)
            if self._shown:
                self._write()

    def _begin(self) -> None:
        with self._lock:
            self._shown = True
            self._write()

    def _write(self) -> None:
        _write(f"\r\x1b[K{shown(self._step)} …")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            if self._shown:
                _write("\r\x1b[K")
            self._shown = False
