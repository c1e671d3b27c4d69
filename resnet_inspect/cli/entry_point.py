"""Running the command line: whatever happens becomes an exit code.

0 done; 1 the work failed, or `check`, `diff --exit-code` or `verify` found a difference; 2 usage; 3
a missing dependency or device; 130 interrupted; 143 and 129 ended by SIGTERM and SIGHUP. That the
reader of a pipe has had enough changes neither.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence

import click

from resnet_inspect.cli.diagnostics import (
    fail,
    finish,
    nobody_reads,
    remark,
    say_where,
    write_what_the_terminal_can,
)
from resnet_inspect.cli.group import commands
from resnet_inspect.errors import InspectError, line_of
from resnet_inspect.escaping import named_first_line

INTERRUPTED = 130

_signals: list[int] = []
"""Those that have asked this process to end, of which an import may have made something else."""


class Ended(KeyboardInterrupt):
    """The process was asked to end, by a signal; it stops whatever an interrupt stops."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.code = 128 + number


def end_cleanly(is_interrupted: bool = False) -> None:
    """Have SIGTERM and SIGHUP end this process as ctrl+c does: nothing is left half-written.

    With `is_interrupted` ctrl+c does so, too, where Python would not hear of it.
    """

    def end(number: int, frame: object) -> None:
        _signals.append(number)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Ended(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
    if is_interrupted:
        signal.signal(signal.SIGINT, end)
    sys.unraisablehook = _unheard
    threading.excepthook = _in_a_thread
    sys.excepthook = lambda kind, error, trace: _say_aside("at the end", kind, error)


def _unheard(what: sys.UnraisableHookArgs) -> None:
    """Say what was raised where nobody could hear of it: in a `__del__`, or at the end."""
    where = what.err_msg or f"ignored in {getattr(what.object, '__qualname__', 'an object')}"
    _say_aside(where, what.exc_type, what.exc_value)


def _in_a_thread(what: threading.ExceptHookArgs) -> None:
    _say_aside("a thread ended", what.exc_type, what.exc_value)


def _say_aside(where: str, kind: type[BaseException], error: BaseException | None) -> None:
    """Say in a line what was raised beside the work; an interrupt ends the work, or has."""
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        remark(f"{where}: {kind.__name__ if error is None else named_first_line(error)}")


def run(arguments: Sequence[str] | None) -> int:
    """Run the command line and turn whatever happens into an exit code."""
    write_what_the_terminal_can()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given or bool(os.environ.get("RESNET_INSPECT_DEBUG"))
    if not debug:
        warnings.simplefilter("ignore")
    try:
        if "_RESNET_INSPECT_COMPLETE" in os.environ:
            from resnet_inspect.cli.completion import answer

            return answer(commands)
        # click's own main would end a closed pipe with 1.
        with commands.make_context("resnet-inspect", given) as context:
            code = commands.invoke(context)
        finish()
        return 128 + _signals[0] if _signals else int(code or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BaseException as error:
        if debug and not isinstance(error, click.ClickException | KeyboardInterrupt):
            say_where()
        return _answered(error)


def _answered(error: BaseException) -> int:
    """Say in one line what stopped the work, and how it ends the process."""
    if _signals or isinstance(error, KeyboardInterrupt | click.exceptions.Abort):
        ended = error if isinstance(error, Ended) else error.__cause__
        code = ended.code if isinstance(ended, Ended) else INTERRUPTED
        is_told = isinstance(error, KeyboardInterrupt) and str(error)
        return fail(str(error) if is_told else "interrupted", "", code)
    if isinstance(error, click.ClickException):
        return fail(error.format_message(), _usage_hint(error), 2)
    if isinstance(error, InspectError):
        return fail(error.message, error.hint, error.exit_code)
    if isinstance(error, BrokenPipeError):
        nobody_reads()
        return 0
    if isinstance(error, OSError):
        return fail(f"{error.strerror or error}", "", 1)
    if isinstance(error, MemoryError):
        return fail("out of memory", "--device meta needs none", 1)
    line = f"unexpected {named_first_line(error)}"
    if line_of(error):
        return fail(f"{line}{line_of(error)}", "--debug shows the traceback", 1)
    return fail(line, "this is a defect of resnet-inspect; --debug shows where", 1)


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "resnet-inspect"
    return f"{path} --help"
