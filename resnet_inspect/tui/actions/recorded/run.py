"""A training's run: looked into while it is shown, and its curves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.pipeline.files import is_run
from resnet_inspect.traces.run import Run
from resnet_inspect.traces.signals import mismatch
from resnet_inspect.tui.actions.networks import look_at
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.keys import OF_STEPS, OF_TRAINING, hints
from resnet_inspect.tui.panels.keys_line import KeysLine
from resnet_inspect.tui.session.measured import Beside, Flowing, beside
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.run import Training, looks

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@work(exclusive=True, group="run")
async def follow(app: Explorer, request: Request) -> None:
    """Look into the folder of a run again and again, as long as it is what is shown."""
    folder = Path(request.path).expanduser()
    if not request.path or not is_run(folder):
        return
    async for training in looks(folder):
        if app.shown is None or app.shown.request is not request:
            return
        await _show(app, training)


async def _show(app: Explorer, training: Training) -> None:
    """Show how a run is now; the step that was chosen stays, unless it was the last one."""
    shown, run = app.shown, training.run
    if shown is None:
        return
    known = shown.training.run if shown.training is not None else None
    if run is not None and known is not None and run.trace is not known.trace:
        look_at(app, app.request, remember=False)
        return
    before, now = shown.beside, shown.beside
    if run is not None and (known is None or run.signals is not known.signals):
        now = _with_steps(shown.survey, run, before)
    app.shown = replace(shown, training=training, beside=now)
    if (now is None) is not (before is None):
        app.lay_out()
    elif now is not before:
        await app.renew()
    _tell(app)


def _with_steps(survey: Survey, run: Run, before: Beside | None) -> Beside | None:
    if mismatch(survey.trace, run.signals):
        return None
    if isinstance(before, Flowing) and before.run.steps == run.signals:
        return before
    now = beside(survey, run.signals)
    is_last = not isinstance(before, Flowing) or before.at == len(before.run.steps) - 1
    if is_last or not isinstance(now, Flowing) or not isinstance(before, Flowing):
        return now
    return replace(now, at=min(before.at, now.at))


@work(exclusive=True, group="run beside")
async def follow_beside(app: Explorer, request: Request) -> None:
    """The same of a run that is set beside what is shown."""
    folder = Path(request.path).expanduser()
    if not request.path or not is_run(folder):
        return
    async for training in looks(folder):
        if app.against is not request:
            return
        app.training_beside = training
        _tell(app)


def name_keys(app: Explorer) -> None:
    """Name at the bottom first the keys that only a training has, or what has several steps."""
    shown = app.shown.training if app.shown is not None else None
    has_steps = app.beside is not None and bool(app.beside.title)
    names = OF_TRAINING if shown is not None or app.training_beside is not None else ()
    names += OF_STEPS if has_steps else ()
    found = hints(app.config.keys)
    app.query_one(KeysLine).name_first(tuple(found[name] for name in names))


def _tell(app: Explorer) -> None:
    from resnet_inspect.tui.screens.run import Curves

    name_keys(app)
    app.say_what_is_shown()
    for screen in app.screen_stack:
        if isinstance(screen, Curves):
            screen.show_page()


@does("curves")
def curves(app: Explorer) -> None:
    """Loss and accuracy over the epochs of the run that is shown, and of the one beside it."""
    from resnet_inspect.tui.screens.run import Curves

    def runs() -> list[Run]:
        shown = app.shown.training if app.shown is not None else None
        every = (shown, app.training_beside)
        return [one.run for one in every if one is not None and one.run is not None]

    if runs():
        name = app.request.model
        app.push_screen(Curves(name, runs, ascii=app.bench.ascii))
    else:
        app.notify("no training is shown; `resnet-inspect tui RUN/` opens one that train wrote")
