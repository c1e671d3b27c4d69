"""The explorer's side of `worker`: a child process that traces and measures, asked with `await`.

The process is started at the first question, stays for the next ones, and after its death another
is started at the next question. It and all that it started are gone when `kill` returns or this
process ends. Nothing here imports torch or textual.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import resnet_inspect
from resnet_inspect.errors import BadInput, ForwardError, InspectError, WorkFailed
from resnet_inspect.traces import codec
from resnet_inspect.traces.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.process.background import LONG_TEXT, beside_the_screen
from resnet_inspect.tui.process.wire import grown

T = TypeVar("T")

COMMAND = (sys.executable, "-P", "-m", "resnet_inspect.tui.process.worker")
"""-P: files in the folder that the user is in are not taken for modules."""

_LONGEST_LINE = 2**30
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


class ChildDied(WorkFailed):
    """The tracing process ended before it answered; asking again starts another."""

    slug = "child-died"

    def __init__(self, cause: str, said: str = "") -> None:
        last = f"its last words: {said}" if said else ""
        super().__init__(f"the tracing process ended: {cause}", hint=last)
        self.cause = cause
        """What ended it: "killed: out of memory?", "exit code 3"."""
        self.said = said
        """The last line that it wrote to stderr."""


class Obsolete(InspectError):
    """A newer question was asked before this one's turn came."""

    slug = "obsolete"

    def __init__(self) -> None:
        super().__init__("a newer request took its place")


def _silent(step: object) -> None:
    """Tell nobody what step the work is at, or what was measured so far."""


class Child:
    """A process that traces. Use it from one event loop; close it at the end.

    Several questions may be asked at once. They are served in turn, and those that wait give way
    to the newest: their `ask` raises `Obsolete`. To cancel an `ask` lets its answer drop; work
    that has begun goes on, and only `kill` ends it.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._numbers = itertools.count(1)
        self._session: _Session | None = None
        self._lives: set[_Session] = set()
        self._starting: asyncio.Task[_Session] | None = None
        self._unwanted = False
        """Whether the start that is under way is to come to nothing."""
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process that is running now."""
        return None if self._session is None or self._session.ended else self._session.process.pid

    async def ask(
        self, request: Mapping[str, Any], on_step: Callable[[str], None] = _silent
    ) -> Trace:
        """The trace that is asked for; `on_step` is called with the name of each step.

        Args:
            request: "model" and, if need be, "input", "dtype", "device", "mode" and "arguments",
                as `pipeline.trace` takes them for a named variant; plain data only.
            on_step: called in the event loop.

        Raises:
            ChildDied: the process ended; asking again starts another.
            Obsolete: a newer question was asked before this one's turn came.
            ForwardError: as `pipeline.trace` does, with the trace up to where it raised.
            InspectError: anything else that `pipeline.trace` raises, as the same class.

        """
        trace: Trace = await self._answer_to({"ask": "trace", **request}, on_step, _silent)
        return trace

    async def measure(
        self,
        request: Mapping[str, Any],
        on_step: Callable[[str], None] = _silent,
        so_far: Callable[[Measured], None] = _silent,
    ) -> Measured:
        """The measurements that are asked for, with their trace.

        Args:
            request: as for `ask`, with "runs" as `pipeline.measure` takes them.
            on_step: as for `ask`.
            so_far: called in the event loop, a few times a second, with what was measured up to
                then: the same with fewer runs.

        Raises what `ask` raises.

        """
        measured: Measured = await self._answer_to({**request, "ask": "measure"}, on_step, so_far)
        return measured

    async def _answer_to(
        self,
        request: Mapping[str, Any],
        on_step: Callable[[str], None],
        so_far: Callable[[Measured], None],
    ) -> Any:
        number = next(self._numbers)
        line = _line({**request, "id": number})
        session = await self._running()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        return await session.ask(number, line, _Asked(answer, on_step, so_far))

    async def _running(self) -> _Session:
        """The session that is there, or a new one. To be cancelled here does not stop the start."""
        if self._session is not None and not self._session.ended:
            return self._session
        if self._closed:
            raise ChildDied("closed")
        if self._starting is None:
            self._unwanted = False
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)
        return await asyncio.shield(self._starting)

    def _started(self, start: asyncio.Task[_Session]) -> None:
        self._starting = None
        if not start.cancelled():
            start.exception()  # it was raised to whoever waited; nobody else need hear of it

    async def _start(self) -> _Session:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            raise ChildDied(f"could not be started: {error.strerror or error}") from error
        session = self._session = _Session(process)
        self._lives = {life for life in self._lives if not life.over} | {session}
        if self._unwanted:
            session.kill()
        return session

    def kill(self) -> None:
        """End the process and all that it started, at once; questions raise `ChildDied`."""
        self._unwanted = True
        if self._session is not None:
            self._session.kill()

    async def close(self) -> None:
        """End the process and wait until nothing of it is left; it is not started again."""
        self._closed = True
        self.kill()
        if self._starting is not None:
            with contextlib.suppress(ChildDied):
                await asyncio.shield(self._starting)
        await asyncio.gather(*(life.gone() for life in self._lives))


@dataclass(slots=True)
class _Asked:
    """A question that waits for its answer."""

    answer: asyncio.Future[Any]
    on_step: Callable[[str], None]
    so_far: Callable[[Measured], None]
    measured: Measured | None = None
    """What was measured so far."""


class _Session:
    """One life of the process: its streams, and the questions that it was asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.ended = False
        """Whether it takes no more questions."""
        self._cause = ""
        self._asked: dict[int, _Asked] = {}
        self._said: deque[str] = deque(maxlen=1)
        self._listening = asyncio.create_task(self._listen())
        self._overhearing = asyncio.create_task(self._overhear())

    @property
    def over(self) -> bool:
        """Whether nothing of it is left."""
        return self._listening.done()

    async def ask(self, number: int, line: bytes, asked: _Asked) -> Any:
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
                answer = await beside_the_screen(len(line) > LONG_TEXT, _object_in, line)
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
                raise await beside_the_screen(len(str(error)) > LONG_TEXT, _error, error)
            elif "trace" in answer:
                result = await _read(codec.loads, answer["trace"])
            elif "measured" in answer:
                ((trace, found),) = await _read(codec.loads_measured, answer["measured"])
                # The same trace as an object too, so that what was made of it can stay.
                result = (trace if asked.measured is None else asked.measured[0], found)
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


def _line(request: Mapping[str, Any]) -> bytes:
    """A request as the worker reads it."""
    try:
        return json.dumps(request).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"an argument cannot be passed on: {error}") from error


def _object_in(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line; None for anything else, which is not of the protocol."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        return None
    return found


def _error(described: Any) -> InspectError:
    """The exception that the worker described."""
    if not isinstance(described, dict):
        return WorkFailed("the tracing process failed and did not say why")
    message, hint = str(described.get("message", "")), str(described.get("hint", ""))
    partial = described.get("partial")
    if isinstance(partial, str):
        return ForwardError(message, hint=hint, trace=codec.loads(partial))
    kind = _KINDS.get(str(described.get("slug")), WorkFailed)
    # Some classes make message and hint of other arguments; here both are made already.
    error = kind.__new__(kind)
    InspectError.__init__(error, message, hint=hint)
    return error


def _family(kind: type[InspectError]) -> Iterator[type[InspectError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _family(below)


_KINDS = {
    kind.slug: kind
    for kind in reversed([*_family(InspectError)])
    if kind not in (ForwardError, ChildDied, Obsolete)
}
"""Errors by slug. A forward that raised comes with a trace; without one it is a `WorkFailed`."""


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


def _environment() -> dict[str, str]:
    """The environment of the process here, in which the same resnet_inspect is found as here."""
    environment = dict(os.environ)
    root = Path(resnet_inspect.__file__).parents[1]
    if root.name not in {"site-packages", "dist-packages"}:
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(root), *([known] if known else [])])
    return environment


def _kill_group(process: asyncio.subprocess.Process) -> None:
    """Kill a process that leads its own group, with the group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
