"""Rows drawn line by line, of which only the visible ones are: any number scrolls alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from resnet_inspect.formats.text.cells import bar
from resnet_inspect.views.tables.table import Row
from resnet_inspect.views.words.text import RAISED

Piece = tuple[str, str]
"""Text and the component class that styles it."""
SIGN = f"{RAISED} "
"""In front of what the forward pass raised in."""


def share_bar(part: float, length: int, *, ascii: bool) -> str:
    """A bar for a part of the whole; nothing for less than half of its smallest step."""
    return bar(part if part * length * 8 >= 0.5 else 0.0, length, ascii=ascii)


class RowLines(ScrollView, can_focus=True):
    """The lines of rows. The first is a header that stays in place."""

    DEFAULT_CLASSES = "panel"
    COMPONENT_CLASSES: ClassVar = {
        f"rows--{name}"
        for name in (
            "header", "cursor", "cursor-blurred", "match", "changed", "failed", "bar", "muted",
            "stage", "block", "section", "rest", "conv", "pool", "norm", "activation", "add",
            "linear", "unknown",
        )
    }  # fmt: skip

    ascii = False
    """Whether to draw with the signs that every terminal has."""

    header_height = 1

    cursor: reactive[int] = reactive(0, repaint=False)
    """Which of the shown rows is chosen; only its line and the one before are drawn anew."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.every: Sequence[Row] = ()
        self.shown: list[int] = []
        """Places of the shown rows in `every`."""

    def sign_of(self, row: Row) -> str:
        """A sign for the call that raised and for what it is in; nothing for all others."""
        if not row.raised:
            return ""
        return "! " if self.ascii else SIGN

    @property
    def content_width(self) -> int:
        """Cells that a row takes."""
        return self.room

    @property
    def room(self) -> int:
        """Cells that there are beside the scroll bar."""
        return max(1, self.scrollable_content_region.width)

    def header(self) -> list[Piece]:
        """The text of the header line."""
        return []

    def pieces(self, place: int, row: Row) -> list[Piece]:
        """The text of a row."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part."""
        scroll_x, scroll_y = self.scroll_offset
        width = self.room
        if y < self.header_height:
            strip = self._strip(self.header(), self.get_component_rich_style("rows--header"))
            return strip.crop_extend(scroll_x, scroll_x + width, self._base("rows--header"))
        line = y - self.header_height + int(scroll_y)
        if line >= len(self.shown):
            return Strip.blank(width, self.rich_style)
        place = self.shown[line]
        row = self.every[place]
        style = self.rich_style
        if line == self.cursor:
            name = "rows--cursor" if self.has_focus else "rows--cursor-blurred"
            style += self._base(name)
        strip = self._strip(self.pieces(place, row), style, keep=line != self.cursor)
        return strip.crop_extend(scroll_x, scroll_x + width, style)

    def _base(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _strip(self, pieces: Sequence[Piece], base: Style, *, keep: bool = True) -> Strip:
        """A strip of styled text; without `keep` the cursor's colours win."""
        segments = []
        for written, name in pieces:
            style = base
            if keep and f"rows--{name}" in self.COMPONENT_CLASSES:
                style = base + self.get_component_rich_style(f"rows--{name}", partial=True)
            segments.append(Segment(written, style))
        return Strip(segments)
