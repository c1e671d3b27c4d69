"""The help: the keys of the focused pane first, then every key, then the filter language.

It lists what the bindings are, a keymap from config.toml included, so that it cannot be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from resnet_inspect.tui.keys import ACTIONS, GROUPS, identifier, key_names
from resnet_inspect.tui.screens.dialog import Dialog

TWO_COLUMNS = 166
"""Columns of a screen from which on the help has two."""

FILTERS = (
    ("conv 3x3", "words that a row has in path, op, kernel, shapes"),
    ("28×28", "a shape; x is ×, and 28 is not found in 128"),
    ("layer2.*.conv2", "a glob over the whole path"),
    ("stride:2 op:conv", "a column by its key, title or short name"),
    ("op=conv stride!=1", "exactly this; another one than this"),
    ("params>1M memory<8MiB", "numbers, with % k M G T or Ki Mi Gi"),
    ("time>1ms", "what took longer, where it was measured"),
    ('"max pool"', "quotes hold words together"),
    ("shortcut:", "rows that have one"),
    ("-norm !kind:pool", "rows for which the rest does not hold"),
    ("only left", "of two networks: what only one of them has"),
)
"""The filter language by examples: what to type, and what it finds."""

MOUSE = (
    ("click", "a row, a title to sort by, an entry to follow"),
    ("double click", "folds and unfolds a section"),
    ("drag", "the line between two panes to resize them"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the help; without an action, one that is only read."""

    keys: str
    label: str
    meaning: str = ""
    action: str = ""
    """What enter on the line does, in the pane that was focused."""
    also: str = ""
    """Other words by which it is found."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some lines under a heading."""

    heading: str
    keys: tuple[Key, ...]


def chapters(
    focused: str, panes: Mapping[str, Iterable[BindingType]], keymap: Mapping[str, str]
) -> tuple[Chapter, ...]:
    """All there is to know, the focused pane first.

    Args:
        focused: the name of the focused pane.
        panes: every pane's name and its own bindings.
        keymap: the keys that are not the bindings' own, by the identifiers of the bindings.

    """

    def of_pane(name: str) -> Iterator[Key]:
        for binding in panes[name]:
            assert isinstance(binding, Binding)
            action = binding.action if name == focused else ""
            keys = key_names(keymap.get(binding.id or "", binding.key))
            yield Key(keys, binding.description, binding.tooltip, action)

    def of_group(group: str) -> Iterator[Key]:
        for action in ACTIONS:
            if action.group == group:
                keys = key_names(keymap.get(identifier(action), action.keys))
                yield Key(keys, action.label, action.meaning, f"app.{action.name}", action.also)

    def read(lines: Sequence[tuple[str, str]]) -> tuple[Key, ...]:
        return tuple(Key(written, "", meaning) for written, meaning in lines)

    return (
        Chapter(f"In the {focused}, where you are", tuple(of_pane(focused))),
        *(Chapter(title, tuple(of_group(group))) for group, title in GROUPS.items()),
        *(Chapter(f"In the {name}", tuple(of_pane(name))) for name in panes if name != focused),
        Chapter("What / understands", read(FILTERS)),
        Chapter("The mouse", read(MOUSE)),
    )


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
