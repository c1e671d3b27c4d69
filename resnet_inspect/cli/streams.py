"""Standard streams while a network's code runs: stdout is for results alone, stdin is ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress

_STDIN, _STDOUT, _STDERR = 0, 1, 2


@contextmanager
def streams_aside() -> Iterator[None]:
    """Send to stderr what is written to stdout, by Python or below it; stdin is empty."""
    with ExitStack() as restore:
        empty = restore.enter_context(open(os.devnull, encoding="utf-8"))
        sys.stdout.flush()
        for descriptor, instead in ((_STDIN, empty.fileno()), (_STDOUT, _STDERR)):
            with suppress(OSError):  # a stream that was closed from the start
                kept = os.dup(descriptor)
                restore.callback(_put_back, kept, descriptor)
                os.dup2(instead, descriptor)
        restore.callback(setattr, sys, "stdin", sys.stdin)
        sys.stdin = empty
        restore.enter_context(redirect_stdout(sys.stderr))
        yield


def _put_back(kept: int, descriptor: int) -> None:
    if descriptor == _STDOUT and sys.__stdout__ is not None:
        sys.__stdout__.flush()  # what was written past the redirection is not for stdout either
    os.dup2(kept, descriptor)
    os.close(kept)
