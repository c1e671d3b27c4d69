"""Two networks side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import InspectError
from resnet_inspect.tui.actions import networks, timing
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("compare")
@work
async def compare(app: Explorer) -> None:
    """Set a second network beside the one that is shown, or take it away."""
    if app.other is not None:
        app.other = None
        app.bench.table.differing = False
        app.lay_out()
        return
    if timing.under_way(app) is not None:
        app.problem("a network is being measured; esc ends that, d compares then")
        return
    name = await dialogs.network(app, "Compare with")
    if name is None or app.shown is None:
        return
    try:
        trace, measured = await networks.trace_of(app, Request.of(name))
        app.other = Survey(trace)
        if measured is not None:
            app.notify("layers are compared; `resnet-inspect diff` compares the times too")
    except InspectError as error:
        app.say_why(error)
    else:
        app.lay_out()


@does("differing")
def differing(app: Explorer) -> None:
    """Only what differs of the two networks, or all."""
    if app.other is None:
        app.notify("one network is shown; d sets another beside it", timeout=2)
    else:
        app.bench.table.toggle_differing()
