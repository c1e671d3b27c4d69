"""Choosing one of several things from a list that narrows as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from resnet_inspect.formats.text.cells import aligned, cells
from resnet_inspect.tui.screens.dialog import Dialog
from resnet_inspect.views.tables.table import Table


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    key: str
    label: str
    detail: str = ""
    """What is known of it; it can be searched for too."""


def choices_of(table: Table, *keys: str) -> tuple[str, list[Choice]]:
    """A header and a choice for each row, called by its first cell; these columns are its detail.

    The cells stand below each other, as in a printout of the table.
    """
    first, *others = (table.columns[table.index[key]] for key in (table.columns[0].key, *keys))
    written = {
        c.key: [c.title, *(table.cell(row, c.key).text for row in table.rows)]
        for c in (first, *others)
    }
    widths = {key: max(map(cells, texts)) for key, texts in written.items()}
    lines = [
        "  ".join(aligned(written[c.key][i], widths[c.key], c.align) for c in others)
        for i in range(len(table.rows) + 1)
    ]
    header = f"{aligned(first.title, widths[first.key], 'left')}  {lines[0]}"
    names = written[first.key][1:]
    found = zip(names, lines[1:], strict=True)
    return header, [Choice(name, name, line) for name, line in found]


class Chooser(Dialog[str | None]):
    """A list with a search line; gives the key of what was chosen, or None."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "back"),
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("up,ctrl+p", "move(-1)", "up", show=False),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        current: str | None = None,
        preview: Callable[[str], None] | None = None,
        free: str = "",
        header: str = "",
    ) -> None:
        super().__init__()
        self.heading = title
        self.header = header
        """Titles above the choices."""
        self.choices = choices
        self.current = current
        self.preview = preview
        self.free = free
        """What may be typed that is no choice; where it is empty, nothing may."""

    def compose(self) -> ComposeResult:
        """A search line over the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self.heading)
            dialog.border_subtitle = "↑↓ move · enter takes · esc back"
            yield Input(placeholder=self.hint)
            if self.header:
                yield Static(Content(self.header), classes="header")
            yield OptionList()
            nothing = "enter takes it as it is" if self.free else "nothing like it"
            yield Static(nothing, classes="nothing")

    @property
    def hint(self) -> str:
        """What the search line takes."""
        return f"type to search, or {self.free}" if self.free else "type to search"

    def on_mount(self) -> None:
        """Show all; the current one is highlighted."""
        width = max((len(c.label) for c in self.choices), default=0)
        lines = [f"{c.label.ljust(width)}  {c.detail}" for c in self.choices]
        self.as_wide_as([self.header, f" {self.hint} ", *lines])
        self._narrow("")

    def _narrow(self, text: str) -> None:
        found = list(self.choices)
        if text.strip():
            matcher = Matcher(text.strip())
            scored = [
                (max(matcher.match(c.label) * 1.5, matcher.match(c.detail)), -i, c)
                for i, c in enumerate(self.choices)
            ]
            found = [
                c for score, _, c in sorted(scored, reverse=True, key=lambda s: s[:2]) if score > 0
            ]
        options = self.query_one(OptionList)
        options.clear_options()
        width = max((len(c.label) for c in found), default=0)
        options.add_options(
            Option(
                Content.assemble(c.label.ljust(width), "  ", (c.detail, "$ink-muted")),
                id=str(self.choices.index(c)),
            )
            for c in found
        )
        self.found = found
        options.display = bool(found)
        self.query_one(".nothing").display = not found
        if found:
            places = [i for i, c in enumerate(found) if c.key == self.current]
            options.highlighted = places[0] if places and not text.strip() else 0

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """Take what is highlighted, or what was typed."""
        options = self.query_one(OptionList)
        typed = self.query_one(Input).value.strip()
        if options.highlighted is not None and self.found:
            self.dismiss(self.found[options.highlighted].key)
        elif self.free and typed:
            self.dismiss(typed)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show what choosing it would do."""
        if self.preview is not None and not self.is_left:
            self.preview(self.choices[int(event.option_id or 0)].key)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what was clicked."""
        self.dismiss(self.choices[int(event.option_id or 0)].key)

    def action_move(self, by: int) -> None:
        """Move the highlight while the search line has the keys."""
        options = self.query_one(OptionList)
        if self.found:
            options.highlighted = ((options.highlighted or 0) + by) % len(self.found)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
