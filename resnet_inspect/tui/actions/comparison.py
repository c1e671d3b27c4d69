"""Two networks side by side."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from textual import work
from textual.worker import Worker, WorkerError

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import InspectError
from resnet_inspect.pipeline.files import is_run
from resnet_inspect.tui.actions import networks
from resnet_inspect.tui.actions.recorded import interruption, run
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.process.errors import Obsolete
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("compare")
@work
async def compare(app: Explorer) -> None:
    """Set a second network beside the one that is shown, or take it away."""
    if app.other is not None:
        app.workers.cancel_group(app, "beside")
        app.other = app.against = app.training_beside = None
        app.bench.table.differing = False
        app.lay_out()
        return
    if interruption.under_way(app) is not None:
        app.problem("a network is being measured; esc ends that, d compares then")
        return
    name = await dialogs.network(app, "Compare with")
    if name is None or app.shown is None:
        return
    try:
        request = Request.of(name)
    except InspectError as error:
        app.say_why(error)
    else:
        set_beside(app, request)


@work(exclusive=True, group="beside")
async def set_beside(app: Explorer, request: Request) -> None:
    """Set a network beside the one that is shown; what was there stays until it has come."""
    try:
        trace, measured = await networks.trace_of(app, request)
    except Obsolete:
        return
    except InspectError as error:
        app.say_why(error)
        return
    app.problem("")
    app.other = Survey(trace)
    app.against = request.as_run(trace, None)
    app.training_beside = None
    run.follow_beside(app, app.against)
    if measured is not None and not is_run(request.path):
        app.notify("layers are compared; `resnet-inspect diff` compares what was recorded too")
    app.lay_out()


@work
async def set_beside_first(app: Explorer, first: Worker[None], request: Request) -> None:
    """Set a network beside the one that the explorer was opened on, once that has come."""
    with suppress(WorkerError):
        await first.wait()
    set_beside(app, request)


@does("differing")
def differing(app: Explorer) -> None:
    """Only what differs of the two networks, or all."""
    if app.other is None:
        app.notify("one network is shown; d sets another beside it", timeout=2)
    else:
        app.bench.table.toggle_differing()
