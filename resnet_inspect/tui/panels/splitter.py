"""A line between two panes that the mouse can drag."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget


class Splitter(Widget):
    """Drag it to make the pane with the id `target` wider or narrower."""

    def __init__(self, target: str, *, from_right: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.target = target
        self.from_right = from_right
        """Whether the pane lies to the right of the line."""

    def render(self) -> RenderResult:
        """A faint line that hangs from the rules above the panes."""
        rule, line = "+|" if self.app.has_class("-ascii") else "┬│"
        return Content("\n".join([rule] + [line] * (self.size.height - 1)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        self.capture_mouse()
        self.add_class("-dragged")
        event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End to drag."""
        self.release_mouse()
        self.remove_class("-dragged")
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse."""
        if self.has_class("-dragged"):
            pane = self.screen.query_one(f"#{self.target}")
            right = pane.region.right
            width = right - event.screen_x if self.from_right else event.screen_x - pane.region.x
            pane.styles.width = max(12, min(self.screen.size.width - 30, width))
