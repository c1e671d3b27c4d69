"""Work that makes very many objects which stay, such as importing torch."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """A context in which Python does not look for cycles among all objects, again and again.

    It is for work that takes no memory to speak of beside what it keeps: a sixth of the time of
    importing torch and torchvision is this search. Afterwards it is on again, if it was.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
