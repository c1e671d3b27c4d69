"""Measuring: what is to be run against the clock, and what comes of it shown while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from textual.app import App
from textual.worker import Worker

from resnet_inspect.errors import BadInput
from resnet_inspect.traces.codec import Measured
from resnet_inspect.tui.process.child import Child
from resnet_inspect.tui.session import Request

_LOOK = 0.1
"""Seconds between two looks at the step that it is at; some take a thousandth of one."""
_REST = 9
"""How much longer than it draws the screen rests: the processor is wanted for what is measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, on what, and how often."""

    device: str = "cpu"
    batch: int | None = None
    """Samples in the input; None where the network has several inputs, or none."""
    repeats: int = 20
    """Runs that count."""
    warm_up: int = 5
    """Runs before them."""
    threads: int | None = None
    """Threads of the CPU; None for torch's own choice."""

    def beginning_with(self, request: Request) -> Plan:
        """The plan as a dialog begins with it: for this network's batch, and its real device."""
        device = self.device if request.device == "meta" else request.device
        return replace(self, device=device, batch=request.input[0] if request.input else None)

    @property
    def fields(self) -> dict[str, str]:
        """What the dialog starts with."""
        written = {"device": self.device}
        if self.batch is not None:
            written["batch"] = str(self.batch)
        threads = "" if self.threads is None else str(self.threads)
        return written | {
            "repeats": str(self.repeats),
            "warm_up": str(self.warm_up),
            "threads": threads,
        }

    def with_fields(self, values: Mapping[str, str]) -> Plan:
        """The plan that the dialog describes; `BadInput` for what cannot be."""
        device = values["device"] or "cpu"
        if device == "meta":
            raise BadInput("meta computes nothing that could be timed")
        return Plan(
            device,
            None if self.batch is None else _number("batch", values["batch"], 1),
            _number("repeats", values["repeats"], 1),
            _number("warm up", values["warm_up"], 0),
            _number("threads", values["threads"], 1) if values["threads"] else None,
        )

    def on(self, request: Request) -> Request:
        """The request with the batch that is run."""
        if self.batch is None or not request.input:
            return request
        return replace(request, input=(self.batch, *request.input[1:]))

    def message(self, request: Request) -> dict[str, Any]:
        """What the child process is asked to run, of a request with this plan's batch."""
        runs = {"repeats": self.repeats, "warm_up": self.warm_up, "threads": self.threads}
        return {**request.message, "device": self.device, "runs": runs}


def _number(name: str, written: str, least: int) -> int:
    if not written.isdecimal() or int(written) < least:
        raise BadInput(f"{name}: a whole number from {least} up")
    return int(written)


async def watched(
    app: App[Any],
    child: Child,
    message: Mapping[str, Any],
    tell: Callable[[str], None],
    show: Callable[[Measured], Awaitable[None]],
) -> Measured:
    """Have the child measure; meanwhile tell the step, and show what was measured so far.

    To cancel this ends the child: a forward pass that is under way cannot be ended otherwise.
    Raises what `Child.measure` raises.
    """
    step, newest = "starting", Newest(show)

    def on_step(now: str) -> None:
        nonlocal step
        step = now

    # Of the title, so that it ends with it.
    looking = app.query_one("#title").set_interval(_LOOK, lambda: tell(f"{step} (esc stops)"))
    showing: Worker[None] = app.run_worker(newest.show_all, group="times", exclusive=True)
    try:
        return await child.measure(message, on_step, newest.offer)
    except asyncio.CancelledError:
        child.kill()
        raise
    finally:
        if message["device"] != "cpu":
            child.kill()  # and the card has its memory back
        looking.stop()
        showing.cancel()


class Newest:
    """Shows the newest of what comes faster than it can be shown, and lets the others go."""

    def __init__(self, show: Callable[[Measured], Awaitable[None]]) -> None:
        self._show = show
        self._next: Measured | None = None
        self._come = asyncio.Event()

    def offer(self, found: Measured) -> None:
        """Take the newest, instead of what was not shown yet."""
        self._next = found
        self._come.set()

    async def show_all(self) -> None:
        """Show one after the other, until this is cancelled."""
        while True:
            await self._come.wait()
            self._come.clear()
            assert self._next is not None
            began = monotonic()
            await self._show(self._next)
            await asyncio.sleep(_REST * (monotonic() - began))
