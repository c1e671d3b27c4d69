"""All of stderr, and the exit codes: errors in one line, hints, progress, remarks.

0 done; 1 the work failed; 2 usage; 3 a missing dependency or device; 130 interrupted. A closed
pipe is the reader's choice and ends quietly with 0.
"""

from __future__ import annotations

import codecs
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from types import TracebackType

import click

from resnet_inspect.errors import InspectError

INTERRUPTED = 130
_ASCII = {
    "×": "x", "÷": "/", "·": "-", "─": "-", "…": "...", "→": "->", "≥": ">=", "█": "#",
    "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "#", "▊": "#", "▉": "#",
}  # fmt: skip


def run(arguments: Sequence[str] | None) -> int:
    """Run the command line and turn whatever happens into an exit code."""
    from resnet_inspect.cli.commands import commands

    _write_what_the_terminal_can()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given or bool(os.environ.get("RESNET_INSPECT_DEBUG"))
    if not debug:
        warnings.simplefilter("ignore")
    try:
        if "_RESNET_INSPECT_COMPLETE" in os.environ:  # the shell asks for completions
            commands.main(given, prog_name="resnet-inspect")
        # click's own main would end a closed pipe with 1.
        with commands.make_context("resnet-inspect", given) as context:
            code = commands.invoke(context)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        hint = _usage_hint(error)
        return fail(error.format_message(), hint, 2)
    except InspectError as error:
        if debug:
            traceback.print_exc()
        return fail(error.message, error.hint, error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        return fail("interrupted", "", INTERRUPTED)
    except BrokenPipeError:
        # What is still buffered has nowhere to go; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if debug:
            traceback.print_exc()
        return fail(f"{error.strerror or error}", "", 1)
    except MemoryError:
        return fail("out of memory", "--device meta needs none", 1)
    except Exception as error:
        if debug:
            traceback.print_exc()
        return fail(
            f"unexpected {type(error).__name__}: {_first_line(error)}",
            "this is a defect of resnet-inspect; --debug shows where",
            1,
        )


def fail(message: str, hint: str, code: int) -> int:
    """Say what went wrong in one line and return the exit code."""
    line = f"resnet-inspect: {' '.join(message.split())}"
    if hint:
        line += f" ({' '.join(hint.split())})"
    say(line)
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


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "resnet-inspect"
    return f"{path} --help"


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else ""


def _write_what_the_terminal_can() -> None:
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
