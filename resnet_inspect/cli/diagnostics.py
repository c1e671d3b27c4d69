"""All of stderr: errors in one line, hints, remarks, progress."""

from __future__ import annotations

import codecs
import sys
import threading
from types import TracebackType

_ASCII = {
    "×": "x", "÷": "/", "·": "-", "─": "-", "…": "...", "→": "->", "≥": ">=", "█": "#",
    "✗": "!", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "#", "▊": "#", "▉": "#",
}  # fmt: skip


def fail(message: str, hint: str, code: int) -> int:
    """Say what went wrong in one line and return the exit code.

    The hint stands behind it; if that has lines of code, these stand below.
    """
    line = f"resnet-inspect: {' '.join(message.split())}"
    words, *lines = hint.split("\n")
    if words:
        line += f" ({' '.join(words.split())})"
    say("\n".join((line, *lines)))
    return code


def say(line: str) -> None:
    """Write a line to stderr, whatever becomes of it."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        pass


def remark(line: str) -> None:
    """Write something the user should know and that is no result."""
    say(f"resnet-inspect: {line}")


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


class Progress:
    """Names the step that the work is at, on a terminal and after half a second."""

    DELAY = 0.5

    def __init__(self) -> None:
        self._step = ""
        self._shown = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
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

    def _begin(self) -> None:
        with self._lock:
            self._shown = True
            self._write()

    def _write(self) -> None:
        sys.stderr.write(f"\r\x1b[K{self._step} …")
        sys.stderr.flush()

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
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
            self._shown = False
