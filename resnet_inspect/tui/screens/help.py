"""The help: its chapters in one column or two, searched, and what is chosen of them done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from resnet_inspect.tui.screens.chapters import Chapter, Key
from resnet_inspect.tui.screens.dialog import Dialog

TWO_COLUMNS = 166
"""Columns of a screen from which on the help has two."""


class Help(Dialog[str | None]):
    """The chapters with a search line; gives the action that was chosen, or None."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "back"),
        Binding("down,ctrl+n", "list('cursor_down')", "down", show=False),
        Binding("up,ctrl+p", "list('cursor_up')", "up", show=False),
        Binding("pagedown", "list('page_down')", "page down", show=False),
        Binding("pageup", "list('page_up')", "page up", show=False),
    ]

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        super().__init__()
        self.chapters = chapters
        self.active = 0
        """The column in which a line is highlighted."""
        self.listed: list[Key] = []
        """The keys whose lines can be chosen, by the number in their option's name."""

    def compose(self) -> ComposeResult:
        """A search line over the chapters."""
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "Help"
            dialog.border_subtitle = "↑↓ move · enter does it · esc back"
            yield Input(placeholder="type to search")
            with Horizontal(id="help-columns"):
                yield OptionList()
                yield OptionList(classes="second")
            yield Static("nothing like it", classes="nothing")

    def on_mount(self) -> None:
        """Show all."""
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the lines that have all words."""
        self._narrow(event.value)

    def on_resize(self) -> None:
        """Show them in as many columns as there is room for."""
        self._narrow(self.query_one(Input).value)

    @property
    def lists(self) -> list[OptionList]:
        """The columns."""
        return list(self.query(OptionList))

    def _narrow(self, text: str) -> None:
        """List the lines that have all the words, under their headings."""
        words = text.lower().split()
        self.listed = []
        chapters = []
        for chapter in self.chapters:
            found = [key for key in chapter.keys if _has(chapter, key, words)]
            if found:
                heading = Content(chapter.heading).stylize("bold $ink-accent")
                lines = [Option(heading, disabled=True)]
                for key in found:
                    self.listed.append(key)
                    lines.append(Option(_line(key), id=str(len(self.listed) - 1)))
                chapters.append(lines)
        is_wide = self.app.size.width >= TWO_COLUMNS
        self.set_class(is_wide, "-two")
        half = sum(map(len, chapters)) // 2 if is_wide else sum(map(len, chapters))
        columns: list[list[Option]] = [[], []]
        for lines in chapters:
            column = columns[0] if not columns[1] and len(columns[0]) <= half else columns[1]
            column += [Option("", disabled=True)] * bool(column) + lines
        for options, lines in zip(self.lists, columns, strict=True):
            options.set_options(lines)
            options.highlighted = None
            options.scroll_home(animate=False)
        self.query_one("#help-columns").display = bool(chapters)
        self.query_one(".nothing").display = not chapters
        self.active = 0
        if chapters:
            self._highlight(0)

    def _highlight(self, at: int) -> None:
        """Highlight the first line of the active column that can be chosen, or the last."""
        options = self.lists[self.active]
        enabled = [i for i, option in enumerate(options.options) if not option.disabled]
        options.highlighted = enabled[at]

    def on_input_submitted(self) -> None:
        """Do what is highlighted."""
        self.lists[self.active].action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what was clicked; a line that is only read stays."""
        key = self.listed[int(event.option_id or 0)]
        if key.action:
            self.dismiss(key.action)

    def action_list(self, name: str) -> None:
        """Move while the search line has the keys; from the end of one column to the next."""
        options, other = self.lists[self.active], self.lists[1 - self.active]
        before = options.highlighted or 0
        getattr(options, f"action_{name}")()
        now = options.highlighted or 0
        is_around = now < before if name == "cursor_down" else now > before
        if name.startswith("cursor") and is_around and other.option_count:
            options.highlighted = None
            self.active = 1 - self.active
            self._highlight(0 if name == "cursor_down" else -1)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


def _has(chapter: Chapter, key: Key, words: Sequence[str]) -> bool:
    text = f"{chapter.heading} {key.keys} {key.label} {key.meaning} {key.also}".lower()
    return all(word in text for word in words)


def _line(key: Key) -> Content:
    named = f"{key.label:<13} " if key.label else ""
    keys = f"  {key.keys:<{13 if named else 22}} "
    return Content.assemble((keys, "bold"), named, (key.meaning, "$ink-muted"))
