"""What flows through a network: run forward and back now, or recorded over the steps of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.tui.actions.networks import can_run_alone, come_of
from resnet_inspect.tui.actions.recorded.interruption import STOPPABLE, stoppable
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.measured import Flowing
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("signals")
@work
async def ask_and_run(app: Explorer) -> None:
    """Ask how to run it, run it forward and back, and show what flows."""
    if not can_run_alone(app):
        return
    request = app.request
    step = await dialogs.step(app, app.step.beginning_with(request))
    if step is not None:
        app.step = step
        run(app, step.on(request))


@work(exclusive=True, group="trace", name=STOPPABLE)
async def run(app: Explorer, request: Request) -> None:
    """Run a network forward and back, and show what flows."""
    app.asked = request
    title = replace(request, timed_on=app.step.device).title
    running = app.child.signal(
        app.step.message(request), lambda step: app.title_line(title, f"{step} (esc stops)")
    )
    found = await come_of(app, request, stoppable(app.child, running), "S runs it again")
    if found is not None:
        await app.show_trace(request, *found)


@does("step")
@work(exclusive=True, group="step")
async def step(app: Explorer, by: int) -> None:
    """Show another step of a run; nothing moves."""
    shown, beside = app.shown, app.beside
    if shown is None or not isinstance(beside, Flowing) or not beside.title:
        app.notify("no run of several steps is shown; ri.watch(model, signals=True) saves one")
        return
    app.shown = replace(shown, beside=beside.moved(by))
    app.title_line(app.shown.title)
    await app.renew()
