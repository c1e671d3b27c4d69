"""The keys at the bottom: the focused pane's first, then as many others as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from resnet_inspect.formats.text.cells import cells


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, what it does in a word, and the action behind it."""

    key: str
    label: str
    action: str
    """With its namespace: "app.quit", "pane.fold"."""

    @property
    def width(self) -> int:
        """Cells that it takes with a gap behind it."""
        return cells(f"{self.key} {self.label}") + 2


class KeysLine(Widget):
    """One line of hints; a click does what the key does."""

    panes: Mapping[str, tuple[Hint, ...]] = {}
    """The keys of each pane."""
    common: tuple[Hint, ...] = ()
    """The keys of everywhere, the most wanted first."""
    last: tuple[Hint, ...] = ()
    """The keys that are always there; the last of them stands on the right."""

    def __init__(self, pane: Callable[[], str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pane = pane
        """The name of the focused pane."""
        self.of_what_is_shown: tuple[Hint, ...] = ()
        self.spots: list[tuple[range, Hint]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.watch(self.screen, "focused", self._follow, init=False)

    def name_first(self, keys: tuple[Hint, ...]) -> None:
        """Name these before all others: what is shown has them alone."""
        self.of_what_is_shown = keys
        self.refresh()

    def _follow(self) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        """As many as there is room for."""
        room = self.size.width - sum(hint.width for hint in self.last)
        chosen: list[Hint] = []
        for hint in (*self.of_what_is_shown, *self.panes.get(self.pane(), ()), *self.common):
            if hint.width > room:
                break
            chosen.append(hint)
            room -= hint.width
        *ends, right = self.last or (Hint("", "", ""),)
        pieces: list[tuple[str, str]] = []
        self.spots, at = [], 0
        for hint in (*chosen, *ends, right):
            if hint is right:
                gap = max(0, self.size.width - at - right.width + 2)
                pieces.append((" " * gap, ""))
                at += gap
            pieces += [(hint.key, "bold $ink-accent"), (f" {hint.label}  ", "")]
            self.spots.append((range(at, at + hint.width - 2), hint))
            at += hint.width
        return Content.assemble(*pieces)

    async def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        offset = event.get_content_offset(self)
        for place, hint in self.spots:
            if offset is not None and offset.x in place:
                focused = self.screen.focused if hint.action.startswith("pane.") else None
                name = hint.action.partition(".")[2]
                await self.app.run_action(name, focused or self.app)
                return
