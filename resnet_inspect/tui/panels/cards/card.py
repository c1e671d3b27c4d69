"""The card of what is chosen: its window, shapes, counts, arithmetic, and where it leads.

A high panel lists one entry a line under headings. A low one, below the table on a narrow screen,
sets the entries of a section side by side, so that what matters is seen without scrolling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from resnet_inspect.tui.panels.cards.card_page import CardPage, wrapped
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject

LOW = 16
"""Lines below which the entries of a section stand side by side."""
HEADINGS = 12
"""Columns for the headings on the left of a low panel; a longer one moves its own line."""
DRAWING = 14
"""Lines that a drawing to scale takes in a high panel."""


class CardPanel(ScrollView, can_focus=True):
    """A card as text; entries that lead to a call can be followed with enter or a click.

    It draws the lines in sight itself: a widget of text would be laid out anew, and with it the
    whole screen, for every row that the cursor passes.
    """

    BORDER_TITLE = " Card "
    DEFAULT_CLASSES = "panel"
    BINDINGS: ClassVar = [
        Binding("down,j", "step(1)", "next", tooltip="the next that leads somewhere"),
        Binding("up,k", "step(-1)", "previous", show=False, tooltip="the entry before it"),
        Binding("enter", "follow", "follow", id="follow", tooltip="go where the entry leads"),
        Binding("pagedown,ctrl+d", "page_down", "page down", show=False),
        Binding("pageup,ctrl+u", "page_up", "page up", show=False),
        Binding("home,g", "scroll_home", "top", show=False),
        Binding("end,G", "scroll_end", "bottom", show=False),
    ]

    class Followed(Message):
        """An entry that leads to another place was chosen."""

        def __init__(self, target: Subject) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.make: Callable[[int, int], Card] | None = None
        """The card for a width and the height of its drawings, which are made to fit."""
        self.chosen: int | None = None
        self.page = CardPage(0, None, False)

    def render(self) -> Content:
        """All lines, also those out of sight: what a selection is cut from."""
        return Content("\n").join(self.page.lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part, with what is selected of it."""
        line, width, style = y + int(self.scroll_offset.y), self.size.width, self.visual_style
        if not width or line >= len(self.page.lines):
            return Strip.blank(width, style.rich_style)
        text, selection = self.page.lines[line], self.text_selection
        selected = selection.get_span(line) if selection is not None else None
        if selected is not None:
            start, end = selected
            marked = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            text = text.stylize(marked, start, len(text) if end == -1 else end)
        (strip,) = Visual.to_strips(self, text, width, 1, style, apply_selection=False, pad=True)
        return strip.apply_offsets(0, line)

    def show_card(self, make: Callable[[int, int], Card]) -> None:
        """Show the card that this makes for a width and height, from its top."""
        self.make = make
        self.chosen = None
        self._write()
        self.scroll_home(animate=False)

    def renew(self, make: Callable[[int, int], Card]) -> None:
        """Show the same card with other numbers, where it stands."""
        self.make = make
        self._write()

    def on_resize(self) -> None:
        """Wrap and draw for the new width."""
        self._write()

    def on_focus(self) -> None:
        """Mark the entry that enter follows."""
        self._write()

    def on_blur(self) -> None:
        """Take the mark off."""
        self._write()

    @property
    def targets(self) -> list[Subject]:
        """Where the entries lead, in order."""
        return self.page.targets

    def _write(self) -> None:
        if self.make is None or not self.is_mounted:
            return
        width = max(16, self.scrollable_content_region.width)
        low = self.size.height < LOW and width > 40
        card = self.make(width, max(4, self.size.height - 1) if low else DRAWING)
        chosen = self.chosen if self.has_focus else None
        self.page = CardPage(width, chosen, self.app.has_class("-ascii"))
        if low:
            self._write_low(card)
        else:
            self.page.write(wrapped(card.title, width), "bold")
            self.page.write(wrapped(card.subtitle, width), "$ink-muted")
            for section in card.sections:
                self.page.list_entries(section)
        self.virtual_size = Size(width, len(self.page.lines))
        self.refresh()

    def _write_low(self, card: Card) -> None:
        """The title in one line, then the sections; a drawing that is too high comes last."""
        line = f"{card.title} · {card.subtitle}" if card.subtitle else card.title
        if card.subtitle.startswith(card.title):
            line = card.subtitle
        first, *others = wrapped(line, self.page.width)
        self.page.lines.append(Content(first).stylize("bold", 0, len(card.title)))
        self.page.write(others)
        labels = HEADINGS if any(section.heading for section in card.sections) else 0
        high = [s for s in card.sections if len(s.drawing) >= self.size.height]
        for section in (*(s for s in card.sections if s not in high), *high):
            self.page.set_entries(section, labels)

    def action_step(self, by: int) -> None:
        """Go to the next entry that can be followed; scroll where there is none in sight."""
        now = -1 if self.chosen is None else self.chosen
        wanted = now + by
        lines = [spot.line for spot in self.page.spots if spot.target == wanted]
        top, height = int(self.scroll_offset.y), self.size.height
        if not lines or not top - 1 <= lines[0] <= top + height:
            self.scroll_relative(y=by, animate=False)
            return
        self.chosen = wanted
        self._write()
        if lines[0] < top or lines[-1] >= top + height:
            self.scroll_relative(y=by, animate=False)

    def action_follow(self) -> None:
        """Go where the marked entry leads."""
        if self.chosen is not None and self.chosen < len(self.targets):
            self.post_message(self.Followed(self.targets[self.chosen]))

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + int(self.scroll_offset.y)
        for spot in self.page.spots:
            if spot.line == line and spot.start <= offset.x < spot.end:
                self.post_message(self.Followed(self.targets[spot.target]))
