"""The command `resnet-inspect`, which is also `python -m resnet_inspect`."""

from __future__ import annotations

import gc
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def program() -> NoReturn:
    """The command line as a process of its own.

    It ends soon, and most of its objects are those that importing torch makes: Python need not look
    for cycles among them, nor free them one by one at the end, which take a third of a cold
    `trace`. What goes on for longer, the explorer and `measure`, collects for itself.
    """
    import signal

    interrupted = 130

    def end_at_once(number: int, frame: object) -> NoReturn:
        os._exit(interrupted)

    # Before the first line of work and after the last there is nothing to leave whole.
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heard:
        signal.signal(signal.SIGINT, end_at_once)
    _open_what_is_closed()
    import atexit
    from contextlib import suppress

    from resnet_inspect.cli import main
    from resnet_inspect.cli.entry_point import end_cleanly
    from resnet_inspect.garbage_collection import PROGRAM, hold_off

    hold_off(PROGRAM)
    try:
        end_cleanly(is_heard)
        code = main()
        if is_heard:
            signal.signal(signal.SIGINT, end_at_once)
    except KeyboardInterrupt:  # one more, while the first was answered
        os._exit(interrupted)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr, *_files_left_open()):
        with suppress(Exception):  # full, closed, none
            stream.flush()
    os._exit(code)


def _open_what_is_closed() -> None:
    """Give what is written to a standard stream that is closed nowhere to go.

    Else the next file that is opened would take its place, and what torch prints would go there.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", encoding="utf-8"))


def _files_left_open() -> list[io.IOBase]:
    """What somebody's own code may have left to be written when the process ends; it needs torch.

    To look for that is long, so that it is done only where such code ran.
    """
    if "torch" not in sys.modules:
        return []
    from resnet_inspect.pipeline.tracing.cache import ran_no_other_code

    if ran_no_other_code():
        return []
    every = io.IOBase.__base__  # `IOBase` itself asks each class for its history
    assert every is not None
    return [thing for thing in gc.get_objects() if issubclass(type(thing), every)]


if __name__ == "__main__":
    program()
