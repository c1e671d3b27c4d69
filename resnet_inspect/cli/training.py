"""What is shown of a training while it goes on: a bar on a terminal, and a line for each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from resnet_inspect.cli.diagnostics import Progress, is_watched, remark
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.traces.run import Epoch, Place

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


@contextmanager
def shown() -> Iterator[dict[str, Any]]:
    """A context in which a training is shown on stderr, and what it is to tell, by parameter."""
    from resnet_inspect.views.words import run as words

    with streams_aside(), Progress() as progress, ExitStack() as at_end:
        bar: Bar | None = None

        def told(what: Place | Epoch) -> None:
            nonlocal bar
            if isinstance(what, Epoch):
                remark(words.epoch(what))
                return
            if not is_watched():
                return
            now: dict[str, Any] = {
                "description": f"epoch {what.epoch}/{what.epochs}",
                "completed": (what.epoch - 1) * what.steps + what.step,
                "loss": words.number(what.loss),
                "accuracy": words.part(what.accuracy),
            }
            if bar is None:
                progress.__exit__(None, None, None)
                bar = at_end.enter_context(_bar())
                bar.add_task(total=what.epochs * what.steps, **now)
            bar.update(bar.task_ids[0], **now)

        yield {"tell": progress.tell, "note": progress.note, "told": told}


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]}  accuracy {task.fields[accuracy]}"),
        TimeElapsedColumn(),
        TextColumn("to go"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
