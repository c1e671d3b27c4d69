"""The explorer's side of `worker`: a child process that traces and measures, asked with `await`.

The process is started at the first question, stays for the next ones, and after its death another
is started at the next question. It and all that it started are gone when `kill` returns or this
process ends. Nothing here imports torch or textual.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import resnet_inspect
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Watched
from resnet_inspect.tui.process.connection import Connection, Question
from resnet_inspect.tui.process.errors import ChildDied
from resnet_inspect.tui.process.wire import line_of

COMMAND = (sys.executable, "-P", "-m", "resnet_inspect.tui.process.worker")
"""-P: files in the folder that the user is in are not taken for modules."""

_LONGEST_LINE = 2**30


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
        self._connection: Connection | None = None
        self._connections: set[Connection] = set()
        self._starting: asyncio.Task[Connection] | None = None
        self._unwanted = False
        """Whether the start that is under way is to come to nothing."""
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process that is running now."""
        now = self._connection
        return None if now is None or now.ended else now.process.pid

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
        trace: Trace = await self._answer_to({"ask": "trace", **request}, on_step)
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

    async def signal(
        self, request: Mapping[str, Any], on_step: Callable[[str], None] = _silent
    ) -> Watched:
        """What flows in one step, with the trace; "step" says how, as `pipeline.signal` takes it.

        Raises what `ask` raises.
        """
        watched: Watched = await self._answer_to({**request, "ask": "signal"}, on_step)
        return watched

    async def offered(self, model: str) -> dict[str, str]:
        """What `pipeline.offered` gives of a network; raises what `ask` raises."""
        found: dict[str, str] = await self._answer_to({"ask": "offered", "model": model})
        return found

    async def _answer_to(
        self,
        request: Mapping[str, Any],
        on_step: Callable[[str], None] = _silent,
        so_far: Callable[[Measured], None] = _silent,
    ) -> Any:
        number = next(self._numbers)
        line = line_of({**request, "id": number})
        connection = await self._running()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        return await connection.ask(number, line, Question(answer, on_step, so_far))

    async def _running(self) -> Connection:
        """The connection that is there, or a new one; to be cancelled does not stop its start."""
        if self._connection is not None and not self._connection.ended:
            return self._connection
        if self._closed:
            raise ChildDied("closed")
        if self._starting is None:
            self._unwanted = False
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)
        return await asyncio.shield(self._starting)

    def _started(self, start: asyncio.Task[Connection]) -> None:
        self._starting = None
        if not start.cancelled():
            start.exception()  # it was raised to whoever waited; nobody else need hear of it

    async def _start(self) -> Connection:
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
        connection = self._connection = Connection(process)
        self._connections = {old for old in self._connections if not old.over} | {connection}
        if self._unwanted:
            connection.kill()
        return connection

    def kill(self) -> None:
        """End the process and all that it started, at once; questions raise `ChildDied`."""
        self._unwanted = True
        if self._connection is not None:
            self._connection.kill()

    async def close(self) -> None:
        """End the process and wait until nothing of it is left; it is not started again."""
        self._closed = True
        self.kill()
        if self._starting is not None:
            with contextlib.suppress(ChildDied):
                await asyncio.shield(self._starting)
        await asyncio.gather(*(one.gone() for one in self._connections))


def _environment() -> dict[str, str]:
    """The environment of the process here, in which the same resnet_inspect is found as here."""
    environment = dict(os.environ)
    root = Path(resnet_inspect.__file__).parents[1]
    if root.name not in {"site-packages", "dist-packages"}:
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(root), *([known] if known else [])])
    return environment
