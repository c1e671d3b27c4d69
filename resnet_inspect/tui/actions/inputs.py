"""How the network is run: its input, dtype, mode, the arguments of its builder, and its device."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work
from textual.worker import WorkerError

from resnet_inspect.tui.actions import comparison
from resnet_inspect.tui.actions.networks import can_run, look_at
from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.session.request import Request

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("inputs")
@work
async def inputs(app: Explorer) -> None:
    """Edit input and arguments, of two networks the right one's; the trace follows as one types."""
    await (_of_one(app) if app.against is None else _of_the_right(app, app.against))


async def _of_one(app: Explorer) -> None:
    if not can_run(app):
        return
    before = followed = replace(app.request, timed_on="")
    app.compare_from(app.bench.table.table)

    def follow(now: Request) -> None:
        nonlocal followed
        if now != followed:
            followed = now
            look_at(app, now, remember=False)

    after = await dialogs.input_of(app, before, lambda: app.child.offered(before.model), follow)
    if after is not None:
        with suppress(WorkerError):  # it was asked for something else meanwhile
            await look_at(app, after).wait()
            _say_where_maps_end(app)
    else:
        follow(before)
        app.compare_from(None)


async def _of_the_right(app: Explorer, before: Request) -> None:
    """The same of what a network is compared with."""
    if before.path:
        app.problem("the right one was saved and cannot be run again; d ends the comparison")
        return

    def follow(now: Request) -> None:
        if now != app.against:
            comparison.set_beside(app, now)

    after = await dialogs.input_of(
        app, before, lambda: app.child.offered(before.model), follow, " on the right"
    )
    follow(after or before)


def _say_where_maps_end(app: Explorer) -> None:
    """Say from which layer on a window sees more padding than map: its map is one position."""
    table = app.bench.table.table
    if table is None or "kernel_size" not in table.index:
        return
    for row in table.rows:
        shape, kernel = (table.cell(row, key).value for key in ("input_shape", "kernel_size"))
        if not isinstance(shape, tuple) or not isinstance(kernel, tuple) or set(kernel) == {1}:
            continue
        if set(shape[-len(kernel) :]) == {1}:
            app.notify(
                f"{path_of(table, row)}: a window of {table.cell(row, 'kernel_size').text} on a map"
                " of one position, all else that it sees is padding",
                timeout=8,
            )
            return


@does("device")
@work
async def device(app: Explorer) -> None:
    """Run it on a device."""
    name = await dialogs.device(app, app.request.device)
    if name is not None and not app.request.path:
        look_at(app, replace(app.request, device=name, timed_on=""))
