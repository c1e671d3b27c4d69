"""Ticking several things of a list and putting them in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from resnet_inspect.tui.screens.chooser import Choice
from resnet_inspect.tui.screens.dialog import Dialog


class Search(Input):
    """A search line that leaves blanks to the list."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether it takes a key: all that can be written but the blank."""
        return key != "space" and super().check_consume_key(key, character)


class Ticks(Dialog[tuple[str, ...] | None]):
    """Things with a tick or none; gives the keys of the ticked ones in order, or None."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "back"),
        Binding("space", "tick", "tick", priority=True),
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("up,ctrl+p", "move(-1)", "up", show=False),
        Binding("pagedown", "move(10)", "page down", show=False),
        Binding("pageup", "move(-10)", "page up", show=False),
        Binding("shift+down,ctrl+down,alt+down", "shift(1)", "later", show=False, priority=True),
        Binding("shift+up,ctrl+up,alt+up", "shift(-1)", "earlier", show=False, priority=True),
        Binding("ctrl+r", "reset", "reset", show=False),
    ]

    def __init__(
        self, title: str, choices: Sequence[Choice], ticked: Sequence[str], usual: Sequence[str]
    ) -> None:
        super().__init__()
        self.heading = title
        self.choices = {choice.key: choice for choice in choices}
        self.ticked = [key for key in ticked if key in self.choices]
        self.usual = tuple(usual)
        """What is ticked where nothing was chosen."""
        self.listed: list[str] = []

    def compose(self) -> ComposeResult:
        """A search line over the list, the ticked ones first."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self.heading)
            dialog.border_subtitle = "space ticks · shift+↑↓ moves · ^r resets · enter takes"
            yield Search(placeholder="type to search")
            yield OptionList()
            yield Static("nothing like it", classes="nothing")
            yield Static("", id="ticks-problem")

    def on_mount(self) -> None:
        """Show all."""
        width = max(len(choice.label) for choice in self.choices.values())
        self.as_wide_as(f"    {c.label.ljust(width)}  {c.detail}" for c in self.choices.values())
        self._list(self.ticked[0] if self.ticked else None)

    def _list(self, chosen: str | None) -> None:
        """List what is ticked, then the others, as far as they have all the words."""
        words = self.query_one(Input).value.lower().split()
        keys = [*self.ticked, *(key for key in self.choices if key not in self.ticked)]
        self.listed = [key for key in keys if self._has(key, words)]
        options = self.query_one(OptionList)
        width = max((len(self.choices[key].label) for key in self.listed), default=0)
        options.set_options(
            Option(self._line(self.choices[key], width), id=key) for key in self.listed
        )
        options.display = bool(self.listed)
        self.query_one(".nothing").display = not self.listed
        if self.listed:
            options.highlighted = self.listed.index(chosen) if chosen in self.listed else 0

    def _has(self, key: str, words: Sequence[str]) -> bool:
        choice = self.choices[key]
        written = f"{key} {choice.label} {choice.detail}".lower()
        return all(word in written for word in words)

    def _line(self, choice: Choice, width: int) -> Content:
        yes, no = ("[x]", "[ ]") if self.app.has_class("-ascii") else ("▣", "□")
        mark = yes if choice.key in self.ticked else no
        label = choice.label.ljust(width)
        return Content.assemble(f"{mark} ", (label, "bold"), "  ", (choice.detail, "$ink-muted"))

    @property
    def marked(self) -> str | None:
        """The key of what is highlighted."""
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self.listed else self.listed[at]

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._list(self.marked)

    def on_input_submitted(self) -> None:
        """Take what is ticked."""
        if self.ticked:
            self.dismiss(tuple(self.ticked))
        else:
            self.query_one("#ticks-problem", Static).update("tick one at least")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tick what was clicked."""
        self._tick(str(event.option_id))

    def action_tick(self) -> None:
        """Tick what is highlighted, or take the tick off."""
        if self.marked is not None:
            self._tick(self.marked)

    def _tick(self, key: str) -> None:
        if key in self.ticked:
            self.ticked.remove(key)
        else:
            self.ticked.append(key)
        self._list(key)

    def action_shift(self, by: int) -> None:
        """Move what is highlighted among the ticked ones."""
        key = self.marked
        if key in self.ticked:
            at = self.ticked.index(key)
            self.ticked.insert(max(0, at + by), self.ticked.pop(at))
            self._list(key)

    def action_move(self, by: int) -> None:
        """Move the highlight while the search line has the keys."""
        options = self.query_one(OptionList)
        if self.listed:
            at = (options.highlighted or 0) + by
            last = len(self.listed) - 1
            options.highlighted = at % (last + 1) if abs(by) == 1 else max(0, min(last, at))

    def action_reset(self) -> None:
        """Tick what the view shows by itself."""
        self.ticked = [key for key in self.usual if key in self.choices]
        self._list(self.ticked[0])

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)
