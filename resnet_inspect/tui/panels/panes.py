"""The panes beside each other: which has the keys, how wide each is, and one over all."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from resnet_inspect.tui.panels import PANELS

_FULL = ("-full", *(f"-full-{name}" for name in PANELS))
_LEFT, _MIDDLE, *_RIGHT = PANELS
_NARROWEST = 12
_LEFT_FOR_OTHERS = 30


class Panes(Horizontal):
    """The first pane on the left, the second in the middle, all others on the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.dragged = ""
        """The pane whose frame the mouse moves."""

    def compose(self) -> ComposeResult:
        """The first pane beside the second and the others."""
        yield PANELS[_LEFT](id=_LEFT)
        with Horizontal(id="side"):
            with Horizontal(id="middle"):
                yield PANELS[_MIDDLE](id=_MIDDLE)
            for name in _RIGHT:
                yield PANELS[name](id=name)

    def pane_of(self, name: str) -> Widget:
        """The pane of that name."""
        return self.query_one(f"#{name}")

    @property
    def pane(self) -> str:
        """The pane that has the keys; the table if none has."""
        return next((name for name in PANELS if self.pane_of(name).has_focus), _MIDDLE)

    @property
    def bindings(self) -> dict[str, list[BindingType]]:
        """Each pane's own keys."""
        return {name: list(self.pane_of(name).BINDINGS) for name in PANELS}

    @property
    def widths(self) -> dict[str, int]:
        """Widths of the side panes, where they were set."""
        found = {}
        for name in (_LEFT, *_RIGHT):
            width = self.pane_of(name).styles.inline.width  # not the stylesheet's
            if width is not None and width.is_cells and width.value != 0:
                found[name] = int(width.value)
        return found

    def set_widths(self, widths: Mapping[str, int]) -> None:
        """Make the side panes so wide, as far as the screen allows."""
        most = self.app.size.width - _LEFT_FOR_OTHERS
        for name in (_LEFT, *_RIGHT):
            if name in widths:
                self.pane_of(name).styles.width = max(_NARROWEST, min(most, widths[name]))

    def resize_pane(self, by: int) -> None:
        """Make the focused side pane wider or narrower; the table takes from the tree."""
        name, by = (_LEFT, -by) if self.pane == _MIDDLE else (self.pane, by)
        self.set_widths({name: self.pane_of(name).outer_size.width + by})

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the frame between two panes."""
        for name in (_LEFT, *_RIGHT):
            region = self.pane_of(name).region
            line = region.right - 1 if name == _LEFT else region.x
            beside = region.height == self.region.height  # and not below the table
            if beside and line - (name != _LEFT) <= event.screen_x <= line + (name == _LEFT):
                self.dragged = name
                self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the frame with the mouse."""
        if self.dragged:
            region = self.pane_of(self.dragged).region
            is_left, at = self.dragged == _LEFT, int(event.screen_x)
            self.set_widths({self.dragged: at - region.x + 1 if is_left else region.right - at})

    def on_mouse_up(self) -> None:
        """Let go of the frame."""
        if self.dragged:
            self.dragged = ""
            self.release_mouse()

    def enter(self, name: str) -> None:
        """Go to a pane; one that there is no room for is shown alone."""
        pane = self.pane_of(name)
        if self.leave_full() or not pane.display or not pane.region:
            self._fill_with(name)
        pane.focus()

    def toggle_full(self) -> None:
        """The focused pane over the whole screen, and back."""
        name = self.pane
        on = not self.screen.has_class(f"-full-{name}")
        self.leave_full()
        if on:
            self._fill_with(name)

    def _fill_with(self, name: str) -> None:
        """Show this pane over the whole screen."""
        self.screen.add_class("-full", f"-full-{name}")
        self.pane_of(name).add_class("-filling")

    def leave_full(self) -> bool:
        """Show all panes again; whether one was over the whole screen."""
        was = self.screen.has_class("-full")
        self.screen.remove_class(*_FULL)
        self.query(".-filling").remove_class("-filling")
        return was
