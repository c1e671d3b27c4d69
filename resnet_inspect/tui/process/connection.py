"""The connection to one child process: its streams, the questions it was asked, and its death."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from resnet_inspect.traces.json import codec
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.tui.process.background import LONG_TEXT, beside_the_screen
from resnet_inspect.tui.process.errors import ChildDied, Obsolete
from resnet_inspect.tui.process.wire import error_from, grown, object_in

T = TypeVar("T")

_CHUNK = 2**16
_PATIENCE = 1.0
"""Seconds that a process may take to end after it has closed its stdout."""
_ENDINGS = {
    "SIGKILL": "killed: out of memory?",
    "SIGSEGV": "crashed (SIGSEGV)",
    "SIGBUS": "crashed (SIGBUS)",
    "SIGILL": "crashed (SIGILL): a build for another processor?",
    "SIGFPE": "crashed (SIGFPE)",
    "SIGABRT": "gave up (SIGABRT)",
    "SIGTERM": "terminated (SIGTERM)",
}


@dataclass(slots=True)
class Question:
    """A question that waits for its answer."""

    answer: asyncio.Future[Any]
    on_step: Callable[[str], None]
    so_far: Callable[[Measured], None]
    measured: Measured | None = None
    """What was measured so far."""


class Connection:
    """A process that runs: its streams, and the questions that it was asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.ended = False
        """Whether it takes no more questions."""
        self._cause = ""
        self._asked: dict[int, Question] = {}
        self._said: deque[str] = deque(maxlen=1)
        self._listening = asyncio.create_task(self._listen())
        self._overhearing = asyncio.create_task(self._overhear())

    @property
    def over(self) -> bool:
        """Whether nothing of it is left."""
        return self._listening.done()

    async def ask(self, number: int, line: bytes, asked: Question) -> Any:
        """The answer to a question, which is written as this line and known by this number."""
        if self.ended:
            raise self._death()
        self._asked[number] = asked
        assert self.process.stdin is not None
        try:
            # If it is dead, `_listen` is about to know and to answer everybody.
            with contextlib.suppress(OSError, RuntimeError):
                self.process.stdin.write(line)
            return await asked.answer
        finally:
            del self._asked[number]

    def kill(self, cause: str = "stopped") -> None:
        """End the process and its group."""
        if not self.over:  # afterwards its number may be another's
            self._cause = self._cause or cause
            self.ended = True
            _kill_group(self.process)

    async def gone(self) -> None:
        """Wait until the process has been reaped and both streams are read."""
        await asyncio.gather(self._listening, self._overhearing, return_exceptions=True)
        await self.process.wait()

    async def _listen(self) -> None:
        """Pass on what the process answers, and its death."""
        assert self.process.stdout is not None
        try:
            while line := await self.process.stdout.readline():
                answer = await beside_the_screen(len(line) > LONG_TEXT, object_in, line)
                if answer is not None:
                    await self._pass_on(answer)
        except ValueError:
            self.kill("an answer too long to be read")
        except OSError:
            pass
        except asyncio.CancelledError:  # the event loop ends, and nobody has closed the child
            self.kill()
            raise
        finally:
            self.ended = True
            await self._bury()

    async def _bury(self) -> None:
        """Reap the process and tell whoever waits what it died of."""
        try:
            await asyncio.wait_for(self.process.wait(), _PATIENCE)
        except TimeoutError:
            self.kill("stopped answering")
            await self.process.wait()
        # What it started has no work left, and may hold the stderr open that we read to its end.
        _kill_group(self.process)
        await asyncio.wait([self._overhearing], timeout=_PATIENCE)
        self._overhearing.cancel()
        if self.process.stdin is not None:
            self.process.stdin.close()
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_exception(self._death())

    def _death(self) -> ChildDied:
        code = self.process.returncode
        cause = self._cause or ("ended" if code is None else _ending(code))
        return ChildDied(cause, self._said[-1] if self._said else "")

    async def _overhear(self) -> None:
        """Keep the last line of stderr, and keep the pipe from filling up."""
        assert self.process.stderr is not None
        rest = b""
        while chunk := await self.process.stderr.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-_CHUNK:]
            self._said.extend(_last_words([*lines, rest]))

    async def _pass_on(self, answer: dict[str, Any]) -> None:
        asked = self._asked.get(answer.get("id", 0))
        if asked is None or asked.answer.done():
            return
        try:
            result: Any = None
            if "step" in answer:
                asked.on_step(str(answer["step"]))
            elif answer.get("obsolete"):
                raise Obsolete
            elif "error" in answer:
                error = answer["error"]
                raise await beside_the_screen(len(str(error)) > LONG_TEXT, error_from, error)
            elif "trace" in answer:
                result = await _read(codec.loads, answer["trace"])
            elif "measured" in answer:
                ((trace, found),) = await _read(codec.loads_measured, answer["measured"])
                # The same trace as an object too, so that what was made of it can stay.
                result = (trace if asked.measured is None else asked.measured[0], found)
            elif "signals" in answer:
                result = await _read(codec.loads_signals, answer["signals"])
            elif "offered" in answer:
                result = {str(name): str(text) for name, text in answer["offered"].items()}
            elif "so_far" in answer:
                (asked.measured,) = await _read(codec.loads_measured, answer["so_far"])
                asked.so_far(asked.measured)
            elif "more" in answer and asked.measured is not None:
                asked.measured = grown(asked.measured, answer["more"])
                asked.so_far(asked.measured)
        except Exception as error:
            # Also what `on_step` or `so_far` raised: it goes to the one who gave it.
            if not asked.answer.done():
                asked.answer.set_exception(error)
        else:
            if result is not None and not asked.answer.done():
                asked.answer.set_result(result)


async def _read(loads: Callable[[str], T], written: object) -> T:
    """What was written, read beside the screen where it is long."""
    text = str(written)
    return await beside_the_screen(len(text) > LONG_TEXT, loads, text)


def _ending(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
    return _ENDINGS.get(name, f"signal {name}")


def _last_words(lines: Sequence[bytes]) -> list[str]:
    """The last line that is not blank, as text that moves no cursor; none if all are."""
    for line in reversed(lines):
        text = line[-2000:].decode(errors="replace")
        words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if words:
            return [words if len(words) <= 300 else f"{words[:299]}…"]
    return []


def _kill_group(process: asyncio.subprocess.Process) -> None:
    """Kill a process that leads its own group, with the group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
