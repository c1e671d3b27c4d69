"""What esc ends: a measurement, or a run forward and back, that is under way; or a search."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from textual.worker import Worker

from resnet_inspect.tui.process.child import Child
from resnet_inspect.tui.session.measured import Timed
from resnet_inspect.views.words.text import count

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer

T = TypeVar("T")

STOPPABLE = "stoppable"
"""The name of the workers that esc ends."""


async def stoppable(child: Child, asked: Awaitable[T]) -> T:
    """What the child was asked for.

    To cancel this ends the child: a forward pass that is under way cannot be ended otherwise.
    """
    try:
        return await asked
    except asyncio.CancelledError:
        child.kill()
        raise


def under_way(app: Explorer) -> Worker[None] | None:
    """The measurement, or the run forward and back, that is under way."""
    return next((w for w in app.workers if w.name == STOPPABLE and not w.is_finished), None)


def escape(app: Explorer) -> None:
    """Stop a measurement; or clear filter, order and message, and leave a full pane."""
    measuring = under_way(app)
    if measuring is not None:
        _stop(app, measuring)
        return
    app.bench.leave_full()
    app.filter_line.clear()
    app.problem("")
    app.compare_from(None)
    table = app.bench.table
    if table.sorted_by is not None:
        table.sort_by(None)
    table.focus()


def _stop(app: Explorer, measuring: Worker[None]) -> None:
    """End a measurement; what was measured so far stays."""
    measuring.cancel()
    app.title_line(app.request.title)
    if isinstance(app.beside, Timed):
        app.notify(f"the times are of {count(len(app.beside.timing.measured.forward), 'run')}")
        app.lay_out()
