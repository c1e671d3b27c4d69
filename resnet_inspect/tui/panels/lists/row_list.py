"""A list of rows; `rows` moves in it.

It holds which rows of a table are shown (folded, filtered, sorted), where the cursor is, and
nothing of what they mean.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from textual.geometry import Size
from textual.message import Message

from resnet_inspect.tui.panels.lists.outline import Outline
from resnet_inspect.tui.panels.lists.row_lines import RowLines
from resnet_inspect.views.tables.table import Row, Table


def _is_same(one: Row | None, other: Row | None) -> bool:
    """Whether two rows of a table, or of one that was measured again, are the same."""
    if one is None or other is None or not one.spans:
        return one is other
    return (one.kind, one.spans, one.other) == (other.kind, other.spans, other.other)


class RowList(RowLines):
    """Rows with a cursor."""

    class Chosen(Message):
        """Another row is under the cursor."""

        def __init__(self, rows: RowList, row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> RowList:
            """The list it happened in."""
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outline: Outline | None = None
        self.table: Table | None = None
        self.folded: set[tuple[int, int]] = set()
        """Spans of the rows that are folded."""
        self.matches: list[int] | None = None
        """Places of the rows that match the filter; None without a filter."""
        self.order: list[int] | None = None
        """Places of the rows that nothing breaks down, sorted; None for the trace's own order."""
        self.reverse = False
        """Whether they are sorted from the end."""
        self.wanted: tuple[Table, Row] | None = None
        """The row that was chosen last, and its table. Where it is not shown, the cursor is on one
        that stands for it."""
        self._told: Row | None = None
        self._stands_in = False
        """Whether the cursor is being put on a row that was not chosen."""
        self._line_of: dict[int, int] | None = None
        """The line of each shown place, if they are sorted and one was asked for."""

    # -- what is shown ---------------------------------------------------------------------------

    def show_rows(self, outline: Outline) -> None:
        """Show these rows instead; the cursor stays on what was chosen, or stands for it."""
        self.outline, self.table, self.every = outline, outline.table, outline.table.rows
        self.matches = self.order = self._told = None
        self.measure()
        self.arrange_rows()

    def measure(self) -> None:
        """Find the widths of columns for the present rows."""

    def on_resize(self) -> None:
        """Lay out for the new width; the cursor stays in sight."""
        if self.table is not None:
            self.measure()
            self.arrange_rows()
            self.scroll_to_cursor()

    def arrange_rows(self) -> None:
        """Find the rows to show: sorted, or in order without what is folded away."""
        if self.order is not None:
            wanted = None if self.matches is None else set(self.matches)
            self.shown = [i for i in self.order if wanted is None or i in wanted]
        elif self.outline is None:
            self.shown = []
        elif self.matches is not None:
            self.shown = self.outline.with_sections(self.matches)
        else:
            self.shown = self.outline.unfolded(self.folded)
        self._line_of = None
        self.virtual_size = Size(self.content_width, len(self.shown) + self.header_height)
        self._stands_in = True
        self.cursor = self._line_of_wanted()
        self._stands_in = False
        if not _is_same(self.row, self._told):
            self.tell()
        self.refresh()

    def show_matches(self, places: list[int] | None) -> None:
        """Show only these rows and the sections they are in; None shows all."""
        if places is None and self.matches is None:
            return
        self.matches = places
        self.arrange_rows()
        if places and self.row_place not in places:
            self.next_match(1)

    def has_inside(self, place: int) -> bool:
        """Whether deeper rows follow the row at this place."""
        return self.outline is not None and self.outline.after[place] > place + 1

    def line_at(self, place: int) -> int | None:
        """The line on which the row at this place is shown; None if it is not."""
        if self.order is not None:
            if self._line_of is None:
                self._line_of = {shown: line for line, shown in enumerate(self.shown)}
            return self._line_of.get(place)
        line = bisect_left(self.shown, place)
        return line if line < len(self.shown) and self.shown[line] == place else None

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

    def _want(self) -> None:
        """Take the row under the cursor for the chosen one."""
        if self.row is not None and self.table is not None:
            self.wanted = (self.table, self.row)

    def _line_of_wanted(self) -> int:
        """The line of the chosen row, or of the one that stands for it; the first for none."""
        if self.wanted is None or self.outline is None:
            return 0
        place = self.outline.place_for(*self.wanted)
        if place is None:
            return 0
        line = self.line_at(place)
        if line is not None:
            return line
        if self.order is not None:
            inside = range(place, self.outline.after[place])
            return next((i for i, shown in enumerate(self.shown) if shown in inside), 0)
        around = (self.line_at(outer) for outer in self.outline.around(place))
        nearest = max(0, bisect_right(self.shown, place) - 1)
        return next((line for line in around if line is not None), nearest)

    def move_to_span(self, span: tuple[int, int], kind: str) -> bool:
        """Put the cursor on the row of these calls, or on one that begins with or holds them."""
        place = None if self.outline is None else self.outline.place_at(span, kind)
        return place is not None and self.go(place)

    def go(self, place: int) -> bool:
        """Put the cursor on the row at this place, unfolding what hides it."""
        line = self.line_at(place)
        if line is None and self.order is None and self.matches is None:
            assert self.outline is not None
            self.folded -= {self.every[outer].span for outer in self.outline.around(place)}
            self.arrange_rows()
            line = self.line_at(place)
        if line is None:
            return False
        self.cursor = line
        self._want()
        return True

    def next_match(self, by: int) -> None:
        """Go to the next or previous row that matches the filter, around the end."""
        matching = set(self.matches or ())
        places = [i for i, place in enumerate(self.shown) if place in matching]
        if not places:
            return
        ahead = [i for i in places if (i > self.cursor if by > 0 else i < self.cursor)]
        self.cursor = (ahead or places)[0 if by > 0 else -1]

    def watch_cursor(self, before: int, now: int) -> None:
        """Keep the cursor in sight and say where it is."""
        self.scroll_to_cursor()
        for line in (before, now):
            self.refresh_line(line + self.header_height)
        if not self._stands_in:
            self._want()
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
        self._told = self.row
        if self.row is not None:
            self.post_message(self.Chosen(self, self.row))
