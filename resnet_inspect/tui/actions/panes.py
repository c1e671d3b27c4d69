"""The panes and the places in them: where the keys go, what is in sight, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_inspect.tui.actions.registry import does
from resnet_inspect.tui.panels import PANELS

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer


@does("go_back")
def go_back(app: Explorer) -> None:
    """The place before this one."""
    app.bench.go_to(app.bench.places.back())


@does("go_forward")
def go_forward(app: Explorer) -> None:
    """The place that was left with back."""
    app.bench.go_to(app.bench.places.forward())


@does("pane")
def pane(app: Explorer, number: int) -> None:
    """Go to a pane."""
    app.bench.enter(list(PANELS)[number - 1])


@does("full")
def full(app: Explorer) -> None:
    """The focused pane over the whole screen, and back."""
    app.bench.toggle_full()


@does("resize")
def resize(app: Explorer, by: int) -> None:
    """Make the focused side pane wider or narrower."""
    app.bench.resize_pane(by)
