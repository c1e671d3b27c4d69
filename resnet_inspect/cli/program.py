"""Running the command line: whatever happens becomes an exit code.

0 done; 1 the work failed, or `check`, `diff --exit-code` or `verify` found a difference; 2 usage; 3
a missing dependency or device; 130 interrupted; 143 and 129 ended by SIGTERM and SIGHUP. A closed
pipe is the reader's choice and ends quietly with 0.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence

import click

from resnet_inspect.cli.diagnostics import fail, say_where, write_what_the_terminal_can
from resnet_inspect.cli.group import commands
from resnet_inspect.errors import InspectError
from resnet_inspect.visible import said

INTERRUPTED = 130


class Ended(KeyboardInterrupt):
    """The process was asked to end, by a signal; it stops whatever an interrupt stops."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.code = 128 + number


def end_cleanly() -> None:
    """Have SIGTERM and SIGHUP end this process as ctrl+c does: nothing is left half-written."""

    def end(number: int, frame: object) -> None:
        raise Ended(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


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
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        hint = _usage_hint(error)
        return fail(error.format_message(), hint, 2)
    except InspectError as error:
        if debug:
            say_where()
        return fail(error.message, error.hint, error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort) as stop:
        ended = stop if isinstance(stop, Ended) else stop.__cause__
        code = ended.code if isinstance(ended, Ended) else INTERRUPTED
        return fail(str(stop) or "interrupted", "", code)
    except BrokenPipeError:
        # What is still buffered has nowhere to go; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if debug:
            say_where()
        return fail(f"{error.strerror or error}", "", 1)
    except MemoryError:
        return fail("out of memory", "--device meta needs none", 1)
    except Exception as error:
        if debug:
            say_where()
        return fail(
            f"unexpected {type(error).__name__}: {_first_line(error)}",
            "this is a defect of resnet-inspect; --debug shows where",
            1,
        )


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "resnet-inspect"
    return f"{path} --help"


def _first_line(error: Exception) -> str:
    lines = said(error).splitlines()
    return lines[0] if lines else ""
