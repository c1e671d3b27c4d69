"""The explorer opened on saved traces, driven by keys, and read as a person reads it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from time import monotonic
from typing import Any

from by_hand import of_trace
from signals import run_of
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

import resnet_inspect as ri
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.errors import BadInput, ForwardError, MissingDevice, WorkFailed
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Watched
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.lists.rows import Rows
from resnet_inspect.tui.panels.network_tree import NetworkTree
from resnet_inspect.tui.panels.table.trace_table import TraceTable
from resnet_inspect.tui.session.request import Request

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SAVED = tuple(sorted(path.stem for path in DATA.glob("*.json")))
SIZES = ((80, 24), (120, 40), (200, 60))
"""Columns and rows of the terminals that the explorer must be handsome in."""

Keys = Pilot[int]
Drive = Callable[[Explorer, Keys], Awaitable[None]]


BREAKS = [1, 3, 7, 7]
"""The input with which a forward pass raises, whatever the network."""


class SavedChild:
    """Stands for the child process: answers at once with saved traces, or fails as a real one."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.killed = 0
        self.go_on = asyncio.Semaphore(0)
        """Released for each step of a measurement: three runs, and the end."""

    async def ask(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Trace:
        self.asked.append(request)
        on_step("importing torch")
        if 0 in request["input"]:
            raise BadInput("an input size must be a positive integer, not 0")
        if request["input"] == BREAKS:
            trace = ri.load(DATA / "broken.json")
            raise ForwardError(sentence(trace), trace=trace)
        if not (DATA / f"{request['model']}.json").exists():
            raise WorkFailed("the child process died: killed: out of memory?")
        return ri.load(DATA / f"{request['model']}.json")

    async def offered(self, model: str) -> Mapping[str, str]:
        """What torchvision's ResNets take, or nothing."""
        return {"num_classes": "1000", "groups": "1"} if model.startswith("resnet") else {}

    async def measure(
        self,
        request: Mapping[str, Any],
        on_step: Callable[[str], None],
        so_far: Callable[[Measured], None],
    ) -> Measured:
        """Three runs of a saved network, of which `go_on` lets the next one be made."""
        self.asked.append(request)
        on_step("importing torch")
        if request["device"] != "cpu":
            raise MissingDevice("no cuda here", hint="cpu is")
        trace = ri.load(DATA / f"{request['model']}.json")
        for runs in range(1, 4):
            await self.go_on.acquire()
            on_step(f"measuring, {runs} of 3")
            so_far(of_trace(trace, runs))
        await self.go_on.acquire()
        return of_trace(trace, 3)

    async def signal(self, request: Mapping[str, Any], on_step: Callable[[str], None]) -> Watched:
        """Three steps of a saved network, of which each has ten more spread than the one before.

        With another seed than 0 they come once `go_on` is released.
        """
        self.asked.append(request)
        on_step("running forward and back")
        trace = ri.load(DATA / f"{request['model']}.json")
        if request["step"]["seed"]:
            await self.go_on.acquire()
        return trace, run_of(trace, 3)

    def kill(self) -> None:
        """Count it: there is nothing to kill."""
        self.killed += 1


def explorer_of(name: str) -> Explorer:
    """The explorer on a saved trace, as `resnet-inspect tui NAME.json` opens it."""
    path = DATA / f"{name}.json"
    trace = ri.load(path)
    return Explorer(Request(trace.model_name, path=str(path)), trace)


def explorer_with_child(model: str) -> tuple[Explorer, SavedChild]:
    """The explorer on a variant, as `resnet-inspect tui NAME` opens it, and its child."""
    app = Explorer(Request.of(model))
    child = SavedChild()
    app.child = child  # type: ignore[assignment]
    return app, child


def drive(app: Explorer, steps: Drive, size: tuple[int, int] = (120, 40)) -> Explorer:
    """Open the explorer, take these steps, and give it after it ended."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await steps(app, pilot)

    asyncio.run(run())
    return app


async def settle(pilot: Keys, times: int = 3) -> None:
    """Wait until what was set off by messages of messages is on the screen."""
    for _ in range(times):
        await pilot.pause()


async def until(pilot: Keys, condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until a condition holds, for what takes its time: an animation, a process."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end
        await pilot.pause(0.02)


async def unpaced(app: Explorer, pilot: Keys, *keys: str) -> None:
    """Press keys that a terminal sends in one piece: none waits for what the one before does."""
    for key in keys:
        driver = app._driver
        assert driver is not None
        event = events.Key(key, key if len(key) == 1 else None)
        event.set_sender(app)
        driver.send_message(event)
    await settle(pilot)


def in_a_fresh_interpreter(code: str) -> None:
    """Run code that adds something to the explorer before it is imported, and must not raise."""
    folders = (ROOT, ROOT / "tests", ROOT / "tests" / "tui")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, folders)))
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


class KeptOpen:
    """An explorer that stays open over several tests, since opening it is most of their time."""

    def __init__(self, make: Callable[[], Explorer], size: tuple[int, int]) -> None:
        self.make = make
        self.size = size
        self.runner = asyncio.Runner()
        self.opened: AbstractAsyncContextManager[Keys] | None = None

    def run(self, steps: Callable[[Explorer, Keys], Coroutine[Any, Any, None]]) -> None:
        """Take these steps from the stem; after a failure the next one begins anew."""
        self.runner.run(self._open())
        try:
            self.runner.run(self._from_the_start(steps))
        except BaseException:
            self.close()
            raise
        if self.app.return_value is not None:
            self.close()

    async def _open(self) -> None:
        if self.opened is None:
            self.app = self.make()
            self.opened = self.app.run_test(size=self.size)
            self.pilot = await self.opened.__aenter__()
            await settle(self.pilot)

    async def _from_the_start(
        self, steps: Callable[[Explorer, Keys], Coroutine[Any, Any, None]]
    ) -> None:
        await self.pilot.press("escape")
        table_of(self.app).cursor = 1  # the first is the network
        await settle(self.pilot)
        await steps(self.app, self.pilot)

    def close(self) -> None:
        """End the explorer, if it is open."""
        if self.opened is not None:
            opened, self.opened = self.opened, None
            self.runner.run(self._end(opened))

    @staticmethod
    async def _end(opened: AbstractAsyncContextManager[Keys]) -> None:
        await opened.__aexit__(None, None, None)


def child_of(app: Explorer) -> SavedChild:
    assert isinstance(app.child, SavedChild)
    return app.child


# -- reading the screen --------------------------------------------------------------------------


def lines_of(app: Explorer) -> list[str]:
    """What stands on the screen, line by line."""
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


def table_of(app: Explorer) -> TraceTable:
    return app.query_one("#table", TraceTable)


def value_at(app: Explorer, path: str, key: str) -> object:
    """The value in that column of the row with that path."""
    rows = table_of(app)
    assert rows.table is not None
    (row,) = [r for r in rows.every if rows.table.cell(r, "path").text == path]
    return rows.table.cell(row, key).value


def tree_of(app: Explorer) -> NetworkTree:
    return app.query_one("#tree", NetworkTree)


def text_of(app: Explorer, selector: str) -> str:
    """What a line of text says: "#title", "#totals", "#problem", "#card"."""
    return str(app.query_one(selector).render())


def line_of(rows: Rows, y: int) -> str:
    """A line of a list of rows as it is drawn, the header being the first."""
    return "".join(segment.text for segment in rows.render_line(y))


def drawn(rows: Rows) -> str:
    """A list of rows as it is drawn."""
    return "\n".join(line_of(rows, y) for y in range(rows.size.height))


def chosen_path(rows: Rows) -> str:
    """The path of the row under the cursor."""
    assert rows.table is not None
    assert rows.row is not None
    return rows.table.cell(rows.row, "path").text


def shown_paths(rows: Rows) -> list[str]:
    """The paths of the rows that are shown, in order."""
    assert rows.table is not None
    return [rows.table.cell(rows.every[place], "path").text for place in rows.shown]


async def fill(app: Explorer, pilot: Keys, *values: str, enter: bool = True) -> None:
    """Put these values into the first fields of the dialog that is open, and press enter.

    Typing them key by key would be most of the suite's time; that typing works is tested apart.
    """
    for field, value in zip(app.screen.query(Input), values, strict=False):
        field.value = value
    await settle(pilot)
    if enter:
        await pilot.press("enter")
    await settle(pilot)


def explore(drive: Drive, name: str = "resnet18", size: tuple[int, int] = (120, 40)) -> Explorer:
    """Open a saved trace and drive the explorer; gives it after it ended."""
    trace = ri.load(DATA / f"{name}.json")
    app = Explorer(Request(trace.model_name, path=str(DATA / f"{name}.json")), trace)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.pause()
            await drive(app, pilot)

    asyncio.run(run())
    return app


def card_text(app: Explorer) -> str:
    return str(app.query_one("#card").render())


TOTALS = {"resnet18": "11,689,512", "resnet34": "21,797,672", "resnet50": "25,557,032"}
"""The parameters that the papers' networks have as torchvision builds them."""


def assert_shows(app: Explorer, model: str) -> None:
    """Title, totals and card are those of this network."""
    assert text_of(app, "#title").startswith(model)
    assert TOTALS[model] in text_of(app, "#totals")
    assert text_of(app, "#problem") == ""
