"""What is shown of a training while it goes on: a bar on a terminal, and a line for each epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from resnet_inspect.cli.diagnostics import Progress, remark
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.traces.run import Epoch, Place

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


@contextmanager
def shown() -> Iterator[dict[str, Any]]:
    """A context in which a training is shown on stderr, and what it is to tell, by parameter."""
    with streams_aside(), Progress() as progress, ExitStack() as at_end:
        bar: Bar | None = None

        def told(what: Place | Epoch) -> None:
            nonlocal bar
            if isinstance(what, Epoch):
                remark(epoch_line(what))
                return
            if not sys.stderr.isatty():
                return
            if bar is None:
                progress.__exit__(None, None, None)
                bar = at_end.enter_context(_bar())
                bar.add_task("", total=what.epochs * what.steps)
            bar.update(
                bar.task_ids[0],
                completed=(what.epoch - 1) * what.steps + what.step,
                description=f"epoch {what.epoch}/{what.epochs}",
                loss=what.loss,
                accuracy=what.accuracy,
            )

        yield {"tell": progress.tell, "note": remark, "told": told}


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
        TextColumn("loss {task.fields[loss]:.3f}  accuracy {task.fields[accuracy]:.1%}"),
        TimeElapsedColumn(),
        TextColumn("to go"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def epoch_line(epoch: Epoch) -> str:
    """An epoch in one line."""
    from resnet_inspect.views.words.run import number, part

    return (
        f"epoch {epoch.epoch}: loss {number(epoch.train_loss)}, accuracy"
        f" {part(epoch.train_accuracy)}; held out: loss {number(epoch.validation_loss)}, accuracy"
        f" {part(epoch.validation_accuracy)}; {epoch.seconds:.1f} s"
    )
