"""The card of what is chosen: its window, shapes, counts, arithmetic, and where it leads.

A high panel lists one entry a line under headings. A low one, below the table on a narrow screen,
sets the entries of a section side by side, so that what matters is seen without scrolling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
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

from resnet_inspect.views.cards.card import Card, Entry, Section
from resnet_inspect.views.cards.subjects import Subject

LOW = 16
"""Lines below which the entries of a section stand side by side."""
HEADINGS = 12
"""Columns for the headings on the left of a low panel; a longer one moves its own line."""
DRAWING = 14
"""Lines that a drawing to scale takes in a high panel."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on a page an entry stands that leads somewhere."""

    line: int
    start: int
    end: int
    """The first column after it."""
    target: int
    """Its number among the targets."""


class Page:
    """Lines of text with the entries in them that can be followed."""

    def __init__(self, width: int, chosen: int | None, ascii: bool) -> None:
        self.width = width
        self.chosen = chosen
        """Which of the targets is marked."""
        self.arrow, self.mark = ("> ", "* ") if ascii else ("→ ", "▶ ")
        self.lines: list[Content] = []
        self.targets: list[Subject] = []
        self.spots: list[Spot] = []

    def write(self, lines: Iterable[str], style: str = "") -> None:
        """Write these lines as they are."""
        self.lines += [Content(line).stylize(style) if style else Content(line) for line in lines]

    def list_entries(self, section: Section) -> None:
        """Write a heading, its drawing, and a line for each entry with its label on the left."""
        self.write(["", section.heading] if section.heading else [""], "bold $text-accent")
        self.write(section.drawing)
        longest = max((len(entry.label) for entry in section.entries), default=0)
        words = (len(word) for entry in section.entries for word in entry.label.split())
        labels = min(longest, max(self.width * 2 // 5, *words, 0)) if longest else 0
        for entry in section.entries:
            names = _wrapped(entry.label, labels) if labels else [""]
            start = labels + 2 if labels else 0
            text, style = self._written(entry)
            parts = _wrapped(text, max(8, self.width - start))
            names += [""] * (len(parts) - len(names))
            parts += [""] * (len(names) - len(parts))
            for name, part in zip(names, parts, strict=True):
                self._spot(entry, start, part)
                self.lines.append(Content.assemble((name.ljust(start), "dim"), (part, style)))

    def set_entries(self, section: Section, labels: int) -> None:
        """Write the heading on the left and the entries beside it, as many to a line as fit."""
        self.write(section.drawing)
        heading = section.heading.ljust(max(labels - 2, 0)) + "  " if labels else ""
        line, blank = Content(heading).stylize("bold $text-accent"), Content(" " * labels)
        start = len(heading)
        for entry in section.entries:
            label = f"{entry.label} " if entry.label not in ("", section.heading) else ""
            text, style = self._written(entry)
            gap = "   " if len(line) > start else ""
            if gap and len(line) + len(gap) + len(label) + len(text) > self.width:
                self.lines.append(line)
                line, gap, start = blank, "", labels
            line = Content.assemble(line, gap, (label, "dim"))
            first, *others = _wrapped(text, max(8, self.width - len(line)))
            self._spot(entry, len(line), first)
            line = Content.assemble(line, (first, style))
            for part in others:
                self.lines.append(line)
                self._spot(entry, labels, part)
                line = Content.assemble(blank, (part, style))
        if section.entries:
            self.lines.append(line)

    def _written(self, entry: Entry) -> tuple[str, str]:
        """The text of an entry; one that leads somewhere has an arrow, and a mark if chosen."""
        if entry.target is None:
            return entry.text, ""
        self.targets.append(entry.target)
        if self.chosen == len(self.targets) - 1:
            return self.mark + entry.text, "bold reverse"
        return self.arrow + entry.text, "underline"

    def _spot(self, entry: Entry, start: int, part: str) -> None:
        if entry.target is not None and part:
            target = len(self.targets) - 1
            self.spots.append(Spot(len(self.lines), start, start + len(part), target))


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
        self.page = Page(0, None, False)

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
        self.page = Page(width, chosen, self.app.has_class("-ascii"))
        if low:
            self._write_low(card)
        else:
            self.page.write(_wrapped(card.title, width), "bold")
            self.page.write(_wrapped(card.subtitle, width), "dim")
            for section in card.sections:
                self.page.list_entries(section)
        self.virtual_size = Size(width, len(self.page.lines))
        self.refresh()

    def _write_low(self, card: Card) -> None:
        """The title in one line, then the sections; a drawing that is too high comes last."""
        line = f"{card.title} · {card.subtitle}" if card.subtitle else card.title
        if card.subtitle.startswith(card.title):
            line = card.subtitle
        first, *others = _wrapped(line, self.page.width)
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
