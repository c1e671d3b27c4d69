"""Long work beside the screen: in a thread, while keys are answered.

Python runs one thread at a time and a collection of garbage stops them all. So while work is under
way threads take turns more often, and nothing is collected: what is made of a trace refers to
itself nowhere. When it is done it is set apart from what is collected later: it lives long.
The start of the program is such work too.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from resnet_inspect.garbage_collection import hold_off, let_go, set_apart

T = TypeVar("T")

LONG_TEXT = 2**16
"""Characters that are read in a blink; more are read beside the screen."""
MANY_CALLS = 2_000
"""Calls or rows that are worked through in a blink."""

_TURN = 0.001
"""Seconds that a thread may keep the screen waiting; Python's own measure is five times that."""

START = "the start of the program"
"""Work that is under way until the first paint."""

_under_way: set[object] = set()


def is_long_file(path: Path) -> bool:
    """Whether a file is not read in a blink; one that is not there is."""
    try:
        if path.is_dir():
            return any(one.stat().st_size > LONG_TEXT for one in path.glob("*.json*"))
        return path.stat().st_size > LONG_TEXT
    except OSError:
        return False


async def beside_the_screen(long: bool, work: Callable[..., T], *given: Any) -> T:
    """The result of the work; if it is long it is done in a thread that the program's end ends.

    To cancel this lets the result drop; the thread goes on to the end of the work.
    """
    if not long:
        return work(*given)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    mark = object()

    def finish(result: T | None, error: BaseException | None) -> None:
        end(mark)
        if answer.cancelled():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work(*given)
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the event loop is gone, and who asked with it
            loop.call_soon_threadsafe(finish, result, error)

    begin(mark)
    threading.Thread(target=run, name="beside the screen", daemon=True).start()
    return await answer


def begin(mark: object) -> None:
    """Collect no garbage until this work, and all other that is under way, is done."""
    if not _under_way:
        sys.setswitchinterval(_TURN)
    _under_way.add(mark)
    hold_off(mark)


def end(mark: object) -> None:
    """Say that this work is done; nothing, if it is not under way."""
    if mark not in _under_way:
        return
    _under_way.remove(mark)
    if not _under_way:
        sys.setswitchinterval(0.005)
        set_apart()
    let_go(mark)
