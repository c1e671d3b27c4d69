"""A training's run, as it was when its folder was looked into last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from resnet_inspect.errors import InspectError
from resnet_inspect.pipeline.run import Look, look, stamps
from resnet_inspect.traces.run import Run
from resnet_inspect.tui.process.background import beside_the_screen
from resnet_inspect.views.words.run import progress

PAUSE = 1.0
"""Seconds between two looks."""
_SILENT = 60.0
"""Seconds without anything new after which a run may have been killed, or thrice its epochs'."""


@dataclass(frozen=True, slots=True)
class Training:
    """A run, and why its folder could not be read just now."""

    run: Run | None
    """None where it never could be."""
    trouble: str = ""
    silent: int = 0
    """Minutes without anything new, of a run that should have written by now."""

    @property
    def title(self) -> str:
        """How far it has come, in a few words."""
        known = f"run, {progress(self.run)}" if self.run is not None else "run"
        if self.trouble:
            return f"{known}; now {self.trouble}"
        return f"{known} or killed: nothing new for {self.silent} min" if self.silent else known


async def looks(folder: Path) -> AsyncIterator[Training]:
    """The run in a folder, each time that anything is new; without end.

    Files are read beside the screen, and those alone that changed.
    """
    seen, found, trouble, told = None, None, "", None
    while True:
        now = await beside_the_screen(True, stamps, folder)
        if now != seen:
            seen, trouble = now, ""
            try:
                found = await beside_the_screen(True, look, folder, found)
            except InspectError as error:
                trouble = error.message
            except OSError as error:  # a folder that may not be looked into any more
                trouble = f"{folder}: {error.strerror or error}"
        training = Training(found.run if found else None, trouble, _silent(found))
        if training != told:
            told = training
            yield training
        await asyncio.sleep(PAUSE)


def _silent(found: Look | None) -> int:
    if found is None or found.run.record.state != "running":
        return 0
    written = max((stamp[1] for stamp in found.stamps.values() if stamp), default=0)
    since = time.time() - written / 1e9
    longest = max((epoch.seconds for epoch in found.run.epochs), default=0.0)
    return int(since / 60) if since > max(_SILENT, 3 * longest) else 0
