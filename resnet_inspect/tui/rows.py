"""A list of rows of which only the visible ones are drawn: the base of the tree and the table.

It holds which rows of a table are shown (folded, filtered, sorted), where the cursor is, and
nothing of what they mean. Any number of rows opens and scrolls alike.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from resnet_inspect.views.table import Row, Table

Piece = tuple[str, str]
"""Text and the component class that styles it."""


class Rows(ScrollView, can_focus=True):
    """Rows with a cursor. The first line is a header that stays in place."""

    DEFAULT_CLASSES = "panel"
    COMPONENT_CLASSES: ClassVar = {
        f"rows--{name}"
        for name in (
            "header", "cursor", "cursor-blurred", "match", "changed", "bar", "muted",
            "stage", "block", "section", "rest", "conv", "pool", "norm", "activation", "add",
            "linear", "unknown",
        )
    }  # fmt: skip

    BINDINGS: ClassVar = [
        Binding("down,j", "move(1)", "down", show=False, id="down"),
        Binding("up,k", "move(-1)", "up", show=False, id="up"),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False, id="page-down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False, id="page-up"),
        Binding("home,g", "end(-1)", "first", show=False, id="first"),
        Binding("end,G", "end(1)", "last", show=False, id="last"),
        Binding("space", "fold", "fold", id="fold"),
        Binding("left,h", "close", "fold or outwards", show=False, id="fold-or-out"),
        Binding("right,l", "open", "unfold or inwards", show=False, id="unfold-or-in"),
        Binding("minus", "fold_all", "fold all", show=False, id="fold-all"),
        Binding("equals_sign", "unfold_all", "unfold all", show=False, id="unfold-all"),
        Binding(
            "right_square_bracket", "section('stage', 1)", "next stage", show=False, id="next-stage"
        ),
        Binding(
            "left_square_bracket",
            "section('stage', -1)",
            "previous stage",
            show=False,
            id="previous-stage",
        ),
        Binding(
            "right_curly_bracket", "section('block', 1)", "next block", show=False, id="next-block"
        ),
        Binding(
            "left_curly_bracket",
            "section('block', -1)",
            "previous block",
            show=False,
            id="previous-block",
        ),
    ]

    cursor: reactive[int] = reactive(0)
    """Which of the shown rows is chosen."""

    class Chosen(Message):
        """Another row is under the cursor."""

        def __init__(self, rows: Rows, row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> Rows:
            """The list it happened in."""
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table: Table | None = None
        self.every: Sequence[Row] = ()
        self.shown: list[int] = []
        """Places of the shown rows in `every`."""
        self.line_of: dict[int, int] = {}
        """The line of each shown place."""
        self.place_of: dict[tuple[str, tuple[int, int]], int] = {}
        self.leaves: list[tuple[int, int]] = []
        """First call and place of the rows that nothing breaks down, in the order of calls."""
        self.leaf_from: dict[int, int] = {}
        self.folded: set[tuple[int, int]] = set()
        """Spans of the rows that are folded."""
        self.matching: Callable[[Row], bool] | None = None
        self.matches: list[int] = []
        """Places of the rows that match the filter."""
        self.order: Callable[[Row], object] | None = None
        self.reverse = False

    # -- what is shown ---------------------------------------------------------------------------

    def show_rows(self, table: Table) -> None:
        """Show these rows instead; the cursor stays on the row of the same path."""
        before = self.row
        path = None if before is None or self.table is None else self._path(self.table, before)
        self.table, self.every = table, table.rows
        self.place_of = {(row.kind, row.span): i for i, row in enumerate(self.every)}
        leaves = [(row.span[0], i) for i, row in enumerate(self.every) if not row.subtotal]
        self.leaves = sorted(leaf for leaf in leaves if leaf[0] >= 0)
        self.leaf_from = dict(reversed(self.leaves))
        self.measure()
        self.arrange_rows()
        if path is not None:
            self.move_to(lambda row: self._path(table, row) == path, tell=False)
        self.tell()

    @staticmethod
    def _path(table: Table, row: Row) -> tuple[str, str]:
        return row.kind, table.cell(row, "path").text

    def measure(self) -> None:
        """Find the widths of columns for the present rows."""

    def arrange_rows(self) -> None:
        """Find the rows to show: sorted, or in order without what is folded away."""
        chosen = self.row_place
        matching = self.matching
        self.matches = []
        if matching is not None:
            self.matches = [
                i for i, row in enumerate(self.every) if row.kind != "rest" and matching(row)
            ]
        if self.order is not None:
            places = self.matches if matching is not None else range(len(self.every))
            leaves = [i for i in places if not self.every[i].subtotal]
            order = self.order
            self.shown = sorted(leaves, key=lambda i: order(self.every[i]), reverse=self.reverse)  # type: ignore[arg-type,return-value]
        elif matching is not None:
            self.shown = self._with_sections(self.matches)
        else:
            self.shown = self._unfolded()
        self.line_of = {place: line for line, place in enumerate(self.shown)}
        self.virtual_size = Size(self.content_width, len(self.shown) + self.header_height)
        if chosen is not None:
            self._move_near(chosen)
        self.refresh()

    def _unfolded(self) -> list[int]:
        found = []
        hidden_below: int | None = None
        for i, row in enumerate(self.every):
            if hidden_below is not None and row.level > hidden_below:
                continue
            hidden_below = row.level if row.span in self.folded and self.has_inside(i) else None
            found.append(i)
        return found

    def _with_sections(self, places: Sequence[int]) -> list[int]:
        """These rows and the sections that they are in."""
        wanted = set(places)
        above: list[int] = []
        found: set[int] = set()
        for i, row in enumerate(self.every):
            while above and self.every[above[-1]].level >= row.level:
                above.pop()
            if i in wanted:
                found.update(above)
                found.add(i)
            above.append(i)
        return sorted(found)

    def has_inside(self, place: int) -> bool:
        """Whether deeper rows follow the row at this place."""
        following = place + 1
        return following < len(self.every) and self.every[following].level > self.every[place].level

    @property
    def row_place(self) -> int | None:
        """Place of the chosen row in `every`."""
        return self.shown[self.cursor] if 0 <= self.cursor < len(self.shown) else None

    @property
    def row(self) -> Row | None:
        """The chosen row."""
        place = self.row_place
        return None if place is None else self.every[place]

    # -- the cursor ------------------------------------------------------------------------------

    def _move_near(self, place: int) -> None:
        """Put the cursor on the row of `every` at this place, or the last shown one before it."""
        line = self.line_of.get(place)
        if line is None and self.order is None:
            line = max(0, bisect_right(self.shown, place) - 1)
        self.cursor = line or 0

    def move_to(self, wanted: Callable[[Row], bool], *, tell: bool = True) -> bool:
        """Put the cursor on the first row that is wanted, unfolding what hides it."""
        place = next((i for i, row in enumerate(self.every) if wanted(row)), None)
        return place is not None and self.go(place, tell=tell)

    def move_to_span(self, span: tuple[int, int], kind: str) -> bool:
        """Put the cursor on the row of these calls, or on the layer that begins or holds them."""
        place = self.place_of.get((kind, span))
        if place is None:
            place = self.leaf_from.get(span[0])
        if place is None and self.leaves:
            at = max(0, bisect_right(self.leaves, (span[0], len(self.every))) - 1)
            place = self.leaves[at][1]
        return place is not None and self.go(place)

    def go(self, place: int, *, tell: bool = True) -> bool:
        """Put the cursor on the row at this place, unfolding what hides it."""
        if place not in self.line_of and self.order is None and self.matching is None:
            self._unfold_around(place)
            self.arrange_rows()
        line = self.line_of.get(place)
        if line is None:
            return False
        if tell:
            self.cursor = line
        else:
            with self.prevent(Rows.Chosen):
                self.cursor = line
        return True

    def _unfold_around(self, place: int) -> None:
        level = self.every[place].level
        for i in range(place - 1, -1, -1):
            if self.every[i].level < level:
                level = self.every[i].level
                self.folded.discard(self.every[i].span)

    def watch_cursor(self, before: int, now: int) -> None:
        """Keep the cursor in sight and say where it is."""
        self.scroll_to_cursor()
        self.refresh()
        self.tell()

    def scroll_to_cursor(self) -> None:
        """Scroll no further than the cursor needs."""
        height = max(1, self.scrollable_content_region.height - self.header_height)
        top = int(self.scroll_offset.y)
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + height:
            top = self.cursor - height + 1
        self.scroll_to(y=top, animate=False, force=True)

    def validate_cursor(self, cursor: int) -> int:
        """The nearest row that is there."""
        return max(0, min(cursor, len(self.shown) - 1))

    def tell(self) -> None:
        """Say which row is chosen."""
        if self.row is not None:
            self.post_message(self.Chosen(self, self.row))

    # -- drawing ---------------------------------------------------------------------------------

    header_height = 1

    @property
    def content_width(self) -> int:
        """Cells that a row takes."""
        return self.room

    @property
    def room(self) -> int:
        """Cells that there are beside the scroll bar."""
        return max(1, self.scrollable_content_region.width)

    def on_resize(self) -> None:
        """Lay out for the new width; the cursor stays in sight."""
        if self.table is not None:
            self.measure()
            self.arrange_rows()
            self.scroll_to_cursor()

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

    # -- actions ---------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.cursor += by * max(1, self.size.height - self.header_height - 1)

    def action_end(self, which: int) -> None:
        """Move the cursor to the first or last row."""
        self.cursor = 0 if which < 0 else len(self.shown) - 1

    def action_fold(self) -> None:
        """Fold the chosen row, or unfold it."""
        place = self.row_place
        if place is None or not self.has_inside(place):
            return
        self.folded ^= {self.every[place].span}
        self.arrange_rows()

    def action_close(self) -> None:
        """Fold the chosen row; if there is nothing to fold, go to the row it is in."""
        place = self.row_place
        if place is None:
            return
        row = self.every[place]
        if self.has_inside(place) and row.span not in self.folded:
            self.folded.add(row.span)
            self.arrange_rows()
            return
        outer = next((i for i in range(place - 1, -1, -1) if self.every[i].level < row.level), None)
        if outer is not None and outer in self.line_of:
            self.cursor = self.line_of[outer]

    def action_open(self) -> None:
        """Unfold the chosen row; if it is unfolded, go to the first row in it."""
        place = self.row_place
        if place is None or not self.has_inside(place):
            return
        if self.every[place].span in self.folded:
            self.folded.discard(self.every[place].span)
            self.arrange_rows()
        else:
            self.cursor += 1

    def action_fold_all(self) -> None:
        """Fold every section."""
        self.folded = {row.span for i, row in enumerate(self.every) if self.has_inside(i)}
        self.arrange_rows()

    def action_unfold_all(self) -> None:
        """Unfold every section."""
        self.folded = set()
        self.arrange_rows()

    def action_section(self, kind: str, by: int) -> None:
        """Go to the next or previous stage or block."""
        kinds = {kind, "stem", "head"} if kind == "stage" else {kind}
        places = [i for i, place in enumerate(self.shown) if self.every[place].kind in kinds]
        ahead = [i for i in places if (i > self.cursor if by > 0 else i < self.cursor)]
        if ahead:
            self.cursor = ahead[0] if by > 0 else ahead[-1]

    def next_match(self, by: int) -> None:
        """Go to the next or previous row that matches the filter, around the end."""
        matching = set(self.matches)
        places = [i for i, place in enumerate(self.shown) if place in matching]
        if not places:
            return
        ahead = [i for i in places if (i > self.cursor if by > 0 else i < self.cursor)]
        self.cursor = (ahead or places)[0 if by > 0 else -1]

    # -- the mouse -------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse; a second click folds it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.header_height:
            return
        line = offset.y - self.header_height + int(self.scroll_offset.y)
        if line < len(self.shown):
            self.cursor = line
            if event.chain == 2:
                self.action_fold()

    def on_focus(self) -> None:
        """Draw the cursor as the one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as one that only shows the place."""
        self.refresh()
