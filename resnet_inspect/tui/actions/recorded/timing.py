"""Timing a network: it is run against the clock, and what comes of it is shown while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import App
from textual.worker import Worker

from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.tui.actions.networks import can_run_alone, come_of
from resnet_inspect.tui.actions.recorded.interruption import STOPPABLE, stoppable
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.process.child import Child
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.measured import beside
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer

_LOOK = 0.1
"""Seconds between two looks at the step that it is at; some take a thousandth of one."""
_REST = 9
"""How much longer than it draws the screen rests: the processor is wanted for what is measured."""


@does("measure")
@work
async def ask_and_measure(app: Explorer) -> None:
    """Ask what to run, and run it against the clock."""
    if not can_run_alone(app):
        return
    request = app.request
    plan = await dialogs.measurement(app, app.plan.beginning_with(request))
    if plan is not None:
        app.plan = plan
        measure(app, plan.on(request))


@work(exclusive=True, group="trace", name=STOPPABLE)
async def measure(app: Explorer, request: Request) -> None:
    """Measure a network, and show the times while they come."""
    app.asked = request
    title = replace(request, timed_on=app.plan.device).title
    measuring = watched(
        app,
        app.child,
        app.plan.message(request),
        lambda step: app.title_line(title, step),
        lambda found: _show(app, request, *found),
    )
    found = await come_of(app, request, measuring, "M measures again")
    if found is not None:
        await _show(app, request, *found)
        app.lay_out()


async def _show(app: Explorer, request: Request, trace: Trace, measured: Measurements) -> None:
    """Show what was measured so far; nothing moves that was there."""
    if app.shown is None or app.shown.survey.trace is not trace:
        await app.show_trace(request, trace, measured)
        return
    app.shown = replace(app.shown, beside=beside(app.shown.survey, measured))
    await app.renew()


async def watched(
    app: App[Any],
    child: Child,
    message: Mapping[str, Any],
    tell: Callable[[str], None],
    show: Callable[[Measured], Awaitable[None]],
) -> Measured:
    """Have the child measure; meanwhile tell the step, and show what was measured so far.

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
        return await stoppable(child, child.measure(message, on_step, newest.offer))
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
