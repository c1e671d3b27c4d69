"""The reports over the panes: what the networks on the screen are asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.tui.actions.networks import can_run
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.screens import dialogs

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


def _surveys(app: Explorer) -> list[Survey]:
    """The network that is shown, if there is one, and the one beside it."""
    shown = app.shown.survey if app.shown is not None else None
    return [survey for survey in (shown, app.other) if survey is not None]


@does("explain")
def explain(app: Explorer) -> None:
    """What the layer, block, stage or network that the card is of teaches."""
    from resnet_inspect.tui.screens import reports

    if app.bench.about is not None:
        app.push_screen(reports.explain(*app.bench.about, ascii=app.bench.ascii))
    elif app.shown is not None:
        app.notify("the row stands for no call: there is nothing to explain", timeout=2)


@does("taps")
def taps(app: Explorer) -> None:
    """What a decoder takes."""
    from resnet_inspect.tui.screens import reports

    if app.shown is not None:
        app.push_screen(reports.taps(_surveys(app)))


@does("cost")
def cost(app: Explorer) -> None:
    """Memory to run and to train."""
    from resnet_inspect.tui.screens import reports

    if app.shown is not None:
        app.push_screen(reports.cost(_surveys(app)))


@does("verify")
def verify(app: Explorer) -> None:
    """Ask other tools for the figures."""
    from resnet_inspect.tui.screens.command_report import CommandReport

    if can_run(app):
        request = app.request
        options = request.as_options("input", "device", "set")
        app.push_screen(
            CommandReport(f"Verify · {request.model}", ["verify", request.model, *options])
        )


@does("check")
@work
async def check(app: Explorer) -> None:
    """Ask whether it is what a lock file says."""
    from resnet_inspect.tui.screens.command_report import CommandReport

    if not can_run(app):
        return
    request = app.request
    file = await dialogs.file(app, "Check against a lock", "net.lock; e writes one")
    if file is not None:
        options = request.as_options("dtype", "device", "set", "weights")
        arguments = ["check", request.model, "--lock", file, *options]
        app.push_screen(CommandReport(f"Check · {request.model}", arguments))


@does("identify")
@work
async def identify(app: Explorer) -> None:
    """Ask which network a file of weights is of."""
    from resnet_inspect.tui.screens.command_report import CommandReport

    file = await dialogs.file(app, "Identify weights", "best.pth, model.safetensors")
    if file is not None:
        app.push_screen(CommandReport(f"Identify · {file}", ["identify", file]))
