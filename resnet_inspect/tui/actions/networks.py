"""Which network is looked at: its trace comes from a file, the cache, or the child process."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual import work

from resnet_inspect import pipeline
from resnet_inspect.errors import ForwardError, InspectError
from resnet_inspect.traces.json.codec import Recorded
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.process.background import beside_the_screen, is_long_file
from resnet_inspect.tui.process.errors import Obsolete
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer

T = TypeVar("T")

# -- what can be run -----------------------------------------------------------------------------


def can_run(app: Explorer) -> bool:
    """Whether the network can be run again, which is said if not."""
    if app.request.path:
        app.problem("what was saved cannot be run again; m chooses a network")
    return not app.request.path


def can_run_alone(app: Explorer) -> bool:
    """Whether, besides, no other is compared with it, which is said likewise."""
    if not can_run(app):
        return False
    if app.other is not None:
        app.problem("two networks are compared; d ends that")
    return app.other is None


# -- getting a trace -----------------------------------------------------------------------------


@work(exclusive=True, group="trace")
async def look_at(app: Explorer, request: Request, *, remember: bool = True) -> None:
    """Get a trace and show it; the last good one stays on the screen meanwhile."""
    app.asked = request
    found = await come_of(app, request, trace_of(app, request), "R runs it again", remember)
    if found is not None:
        await app.show_trace(request, *found, remember=remember)


def look_at_named(app: Explorer, name: str) -> None:
    """Look at the network or saved trace of that name, if there is one."""
    try:
        request = Request.of(name)
    except InspectError as error:
        app.say_why(error)
    else:
        look_at(app, request)


@work(exclusive=True, group="trace")
async def show(app: Explorer, request: Request, trace: Trace, recorded: Recorded | None) -> None:
    """Show a trace that is there already."""
    await app.show_trace(request, trace, recorded)


async def trace_of(app: Explorer, request: Request) -> tuple[Trace, Recorded | None]:
    """The trace from a file, the cache or the child process; the title says the step.

    With it what was recorded, if the file holds that.
    """
    if request.path:
        app.title_line(request.title, "reading")
        path = Path(request.path).expanduser()
        saved = await beside_the_screen(is_long_file(path), pipeline.load_saved, path)
        return saved.trace, saved.recorded
    kept = await beside_the_screen(True, _kept, request)
    if kept is not None:
        return kept, None
    app.title_line(request.title, "starting")
    trace = await app.child.ask(request.message, lambda step: app.title_line(request.title, step))
    return trace, None


def _kept(request: Request) -> Trace | None:
    """The trace that is asked for, if the cache has it."""
    if request.weights:
        return None  # which need not fit
    asked = {n: value for n, value in request.message.items() if n not in ("ask", "weights")}
    return pipeline.cached(asked.pop("model"), asked.pop("input"), **asked)


async def come_of(
    app: Explorer, request: Request, asked: Awaitable[T], again: str, remember: bool = True
) -> T | None:
    """What comes of what was asked for; None where nothing does, which is said, with the key.

    Where a newer question has taken its place, there is nothing to say.
    """
    try:
        return await asked
    except Obsolete:
        pass
    except ForwardError as error:
        await _show_failure(app, request, error, remember)
    except InspectError as error:
        app.say_why(error, f"  ({again})")
    return None


async def _show_failure(
    app: Explorer, request: Request, error: ForwardError, remember: bool
) -> None:
    """Say which layer broke; show the trace up to there only if there is no good one."""
    app.title_line(app.request.title)
    app.failed = (request, error.trace) if error.trace is not None else None
    if app.shown is None and error.trace is not None:
        await app.show_trace(request, error.trace, remember=remember)
    else:
        look = "F shows the trace up to there, " if app.failed else ""
        app.problem(f"{error.message}  ({look}R runs it again)")


# -- another network -------------------------------------------------------------------------------


@does("model")
@work
async def model(app: Explorer) -> None:
    """Look at another network."""
    name = await dialogs.network(app, "Model", app.request.model)
    if name is not None:
        look_at_named(app, name)


@does("open_trace")
@work
async def open_trace(app: Explorer) -> None:
    """Open a saved trace."""
    path = await dialogs.saved_trace(app)
    if path is not None:
        look_at(app, Request(Path(path).stem, path=path))


# -- one that was asked for before ---------------------------------------------------------------


@does("undo")
def undo(app: Explorer) -> None:
    """Back to the network before."""
    _again(app, app.history.undo())


@does("redo")
def redo(app: Explorer) -> None:
    """Forward again."""
    _again(app, app.history.redo())


def _again(app: Explorer, request: Request | None) -> None:
    if request is not None:
        look_at(app, request, remember=False)


@does("partial")
@work(exclusive=True, group="trace")
async def partial(app: Explorer) -> None:
    """Look at the trace up to where the forward pass raised last."""
    if app.failed is None:
        app.notify("no forward pass has raised", timeout=2)
    else:
        await app.show_trace(*app.failed)
        if app.failed[1].failure is not None:
            call = app.failed[1].failure.call
            app.bench.go_to((call, call))


@does("retry")
def retry(app: Explorer) -> None:
    """Run what was asked for last again; changed code is read anew."""
    look_at(app, app.asked)
