"""The one place that keeps Python from looking for cycles among all objects, again and again.

It is held off by whoever has a reason to, each by a mark of its own, and let go by the same; what
one has found on, and turned off, is on again when the last that came after it is done. So work may
overlap, and whoever had turned the search off finds it off.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = "the program"
"""The mark of a command, which ends soon; one that goes on for longer lets it go."""

_owed: dict[object, bool] = {}
"""For each mark, in the order in which they came, whether the search is to be on after it."""


def hold_off(mark: object) -> None:
    """Let Python not look for cycles until this mark is let go; nothing, if it is held already."""
    if mark not in _owed:
        _owed[mark] = gc.isenabled()
        gc.disable()


def let_go(mark: object) -> None:
    """Let Python look for cycles again, if it did before and none that came later holds it off.

    Nothing, if the mark is not held.
    """
    if mark not in _owed:
        return
    marks = list(_owed)
    later = marks[marks.index(mark) + 1 :]
    if _owed.pop(mark):
        if later:
            _owed[later[0]] = True
        else:
            gc.enable()


def set_apart() -> None:
    """Leave what is there now out of every search to come: it lives long."""
    gc.freeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """A context in which Python does not look for cycles.

    It is for work that takes no memory to speak of beside what it keeps: a sixth of the time of
    importing torch and torchvision is this search. Afterwards it is on again, if it was.
    """
    mark = object()
    hold_off(mark)
    try:
        yield
    finally:
        let_go(mark)


@contextmanager
def collected_when_asked() -> Iterator[None]:
    """A context in which Python looks for cycles when `gc.collect` asks for it, and not otherwise.

    What is there already, all of torch, is set apart, so that to ask is cheap.
    """
    gc.collect()
    with uncollected():
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()
