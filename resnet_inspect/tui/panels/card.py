"""The card of what is chosen: its window, shapes, counts, arithmetic, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from resnet_inspect.views.cards import Card, Entry, Subject


class CardPanel(VerticalScroll, can_focus=True):
    """A card as text; entries that lead to a call can be followed with enter or a click."""

    BORDER_TITLE = "Card"
    DEFAULT_CLASSES = "panel"
    BINDINGS: ClassVar = [
        Binding("down,j", "step(1)", "down", show=False),
        Binding("up,k", "step(-1)", "up", show=False),
        Binding("enter", "follow", "follow", id="follow"),
        Binding("g", "scroll_home", "top", show=False),
        Binding("G", "scroll_end", "bottom", show=False),
    ]

    class Followed(Message):
        """An entry that leads to another place was chosen."""

        def __init__(self, target: Subject) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.make: Callable[[int], Card] | None = None
        """The card for a width; its drawings are made to fit."""
        self.targets: list[Subject] = []
        self.chosen: int | None = None
        self._lines: dict[int, Subject] = {}
        """Where each line leads, by its number."""

    def compose(self) -> list[Static]:
        """One text."""
        return [Static("", id="card-text")]

    def show_card(self, make: Callable[[int], Card]) -> None:
        """Show the card that this makes for a width, from its top."""
        self.make = make
        self.chosen = None
        self._write()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap and draw for the new width."""
        self._write()

    def on_focus(self) -> None:
        """Mark the entry that enter follows."""
        self._write()

    def on_blur(self) -> None:
        """Take the mark off."""
        self._write()

    def _write(self) -> None:
        if self.make is None or not self.is_mounted:
            return
        width = max(16, self.size.width - 2)
        card = self.make(width)
        self.targets = []
        self._lines = {}
        lines: list[Content] = [Content(card.title).stylize("bold")]
        lines += [Content(part).stylize("$text-muted") for part in _wrapped(card.subtitle, width)]
        for section in card.sections:
            lines += [Content(""), Content(section.heading).stylize("bold $text-accent")]
            lines += [Content(line) for line in section.drawing]
            labels = min(width // 3, max((len(e.label) for e in section.entries), default=0))
            for entry in section.entries:
                lines += self._entry(entry, labels, width, len(lines))
        self.query_one("#card-text", Static).update(Content("\n").join(lines))

    def _entry(self, entry: Entry, labels: int, width: int, line: int) -> list[Content]:
        """The lines of an entry; one that leads somewhere has an arrow, and a mark if chosen."""
        text, style = entry.text, ""
        if entry.target is not None:
            marked = self.has_focus and self.chosen == len(self.targets)
            text = f"{'▶' if marked else '→'} {text}"
            style = "bold reverse" if marked else "underline"
            self.targets.append(entry.target)
        gap = "  " if labels else ""
        parts = _wrapped(text, max(8, width - labels - len(gap)))
        if entry.target is not None:
            self._lines.update(dict.fromkeys(range(line, line + len(parts)), entry.target))
        names = _wrapped(entry.label, labels) if labels else [""]
        rows = max(len(parts), len(names))
        names += [""] * (rows - len(names))
        parts += [""] * (rows - len(parts))
        return [
            Content.assemble((name.ljust(labels), "$text-muted"), gap, (part, style))
            for name, part in zip(names, parts, strict=True)
        ]

    def action_step(self, by: int) -> None:
        """Go to the next entry that can be followed; without any, scroll."""
        if not self.targets:
            self.scroll_relative(y=by, animate=False)
            return
        now = -1 if self.chosen is None and by > 0 else (self.chosen or 0)
        self.chosen = max(0, min(len(self.targets) - 1, now + by))
        self._write()

    def action_follow(self) -> None:
        """Go where the marked entry leads."""
        if self.chosen is not None and self.chosen < len(self.targets):
            self.post_message(self.Followed(self.targets[self.chosen]))

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None:
            target = self._lines.get(offset.y + int(self.scroll_offset.y))
            if target is not None:
                self.post_message(self.Followed(target))


def _wrapped(written: str, width: int) -> list[str]:
    """Lines of at most `width`, broken at blanks where possible."""
    lines: list[str] = []
    for paragraph in written.split("\n"):
        line = paragraph
        while len(line) > width:
            at = line.rfind(" ", 0, width + 1)
            at = at if at > width // 3 else width
            lines.append(line[:at].rstrip())
            line = line[at:].lstrip()
        lines.append(line)
    return lines
