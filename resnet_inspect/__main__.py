"""The command `resnet-inspect`, which is also `python -m resnet_inspect`."""

import atexit
import gc
import io
import os
import sys
from contextlib import suppress
from typing import NoReturn

from resnet_inspect.cli import main
from resnet_inspect.cli.program import end_cleanly
from resnet_inspect.collection import PROGRAM, hold_off


def program() -> NoReturn:
    """The command line as a process of its own.

    It ends soon, and most of its objects are those that importing torch makes: Python need not look
    for cycles among them, nor free them one by one at the end, which take a third of a cold
    `trace`. What goes on for longer, the explorer and `measure`, collects for itself.
    """
    hold_off(PROGRAM)
    end_cleanly()
    code = main()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr, *_files_left_open()):
        with suppress(Exception):  # full, closed, none
            stream.flush()
    os._exit(code)


def _files_left_open() -> list[io.IOBase]:
    """What somebody's own code may have left to be written when the process ends; it needs torch.

    To look for that is long, so that it is done only where such code ran.
    """
    if "torch" not in sys.modules:
        return []
    from resnet_inspect.pipeline.cache import ran_no_other_code

    if ran_no_other_code():
        return []
    every = io.IOBase.__base__  # `IOBase` itself asks each class for its history
    assert every is not None
    return [thing for thing in gc.get_objects() if issubclass(type(thing), every)]


if __name__ == "__main__":
    program()
