"""The shape trace: the cells of the printouts, filtered, sorted and heated."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

from rich.segment import Segment
from textual import events, work
from textual.message import Message
from textual.strip import Strip

from resnet_inspect.formats.text.cells import cut
from resnet_inspect.tui.panels.lists.outline import Outline
from resnet_inspect.tui.panels.lists.search import hottest, leaves, matches, nearest, ranked
from resnet_inspect.tui.panels.table.changes import changes
from resnet_inspect.tui.panels.table.column_fit import BAR
from resnet_inspect.tui.panels.table.trace_rows import FLAT, TraceRows
from resnet_inspect.tui.process.background import MANY_CALLS, beside_the_screen
from resnet_inspect.tui.session.perspective import OF_CALLS
from resnet_inspect.views.tables.filter import query_of
from resnet_inspect.views.tables.table import Table


class TraceTable(TraceRows):
    """A table that is filtered, sorted and heated."""

    waits_for = ""
    """What is being done before there are rows."""
    filtered_by = ""
    """What the rows are filtered by, as it was typed; nothing for all rows."""

    class Filtered(Message):
        """Rows were found for a filter, or are being searched for."""

        def __init__(self, found: str) -> None:
            super().__init__()
            self.found = found
            """In words: "9 of 36", what was not understood, or nothing without a filter."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.compared_from: Table | None = None
        """What changes are marked against; None for what was shown before."""

    def show_rows(self, outline: Outline) -> None:
        """Show this table; what differs from the one before it is marked."""
        before = self.compared_from or self.table
        self.changed = set() if before is None else changes(before, outline.table)
        super().show_rows(outline)
        if self.heat is not None:
            self.show_heat(self.heat)
        if self.sorted_by is not None:
            self._sort()

    def compare_from(self, before: Table | None) -> None:
        """Mark what differs from this table, and go on to; None marks nothing."""
        self.compared_from = before
        self.changed = changes(before, self.table) if before and self.table else set()
        self.refresh()

    def renew(self, outline: Outline) -> None:
        """Show the same rows with other numbers, sorted and filtered by these."""
        self.outline, self.table, self.every = outline, outline.table, outline.table.rows
        if self.sorted_by in self.table.index:
            assert self.sorted_by is not None
            self.order = ranked(self.table, self.sorted_by, self.reverse)
        if self.matches is not None:
            self.matches = matches(
                self.table, query_of(self.filtered_by, self.table), lambda: False
            )
        if self.heated is not None:
            self.hottest = hottest(self.table, self.heated)
        self.measure()
        self.arrange_rows()

    def on_click(self, event: events.Click) -> None:
        """Sort by the column whose title is clicked; elsewhere, choose the row."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.header_height:
            super().on_click(event)
            return
        left = (BAR + 1 if self.heated else 0) - int(self.scroll_offset.x)
        for column, width in zip(self.columns, self.widths, strict=True):
            if left <= offset.x < left + width + self.gap:
                self.sort_by(column.key)
                return
            left += width + self.gap

    def sort_by(self, key: str | None) -> None:
        """Sort by a column, large numbers first; the same again reverses; None is trace order."""
        if self.table is None:
            return
        if key is not None and key != FLAT:
            numeric = self.table.columns[self.table.index[key]].align == "right"
            self.reverse = not self.reverse if key == self.sorted_by else numeric
        self.sorted_by = key
        self._sort()

    @work(exclusive=True, group="sort")
    async def _sort(self) -> None:
        table, key = self.table, self.sorted_by
        if table is None or key is None or (key != FLAT and key not in table.index):
            self.sorted_by = self.order = None
        elif key == FLAT:
            self.order = leaves(table)
        else:
            long = len(table.rows) > MANY_CALLS
            self.order = await beside_the_screen(long, ranked, table, key, self.reverse)
        self.measure()
        self.arrange_rows()

    def filter_by(self, text: str) -> None:
        """Show the rows that match, and tell how many; all for no text."""
        self.filtered_by = text
        self._find_matches()

    @work(exclusive=True, group="filter")
    async def _find_matches(self) -> None:
        text, table = self.filtered_by, self.table
        if table is None:
            return
        query = query_of(text, table)
        if not text.strip() and not self.differing:
            self.show_matches(None)
            self.post_message(self.Filtered(""))
            return
        stop = Event()
        many = len(table.rows) > MANY_CALLS
        if many:
            self.post_message(self.Filtered("searching …"))
        try:
            places = await beside_the_screen(many, matches, table, query, stop.is_set)
        finally:
            stop.set()
        if self.differing and "change" in table.index:
            places = [p for p in places if table.cell(table.rows[p], "change").value != "same"]
        self.show_matches(places)
        assert self.outline is not None
        whole = len(table.rows) - self.outline.rests
        problem = "; ".join(query.problems)
        if not places and not problem:
            near = nearest(text, table)
            problem = (
                f"like it: {', '.join(near)} " if near else "a shows norms and activations too"
            )
        self.post_message(self.Filtered(f"{problem}  {len(places):,} of {whole:,}".strip()))

    def toggle_differing(self) -> None:
        """Show only what differs of two networks, or all."""
        self.differing = not self.differing
        self._find_matches()
        self._say_how()

    def say(self, words: str) -> None:
        """Say in the middle what is being waited for, as long as there are no rows."""
        self.waits_for = words
        if self.table is None:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line; where there are no rows yet, what is being waited for."""
        if self.table is None and self.waits_for and y == self.size.height // 2:
            words = cut(f"{self.waits_for} …", self.room).center(self.room)
            return Strip([Segment(words, self.get_component_rich_style("rows--muted"))])
        return super().render_line(y)

    def seen(self) -> Table | None:
        """The rows and columns that are seen: filtered, sorted, without what is folded away."""
        if self.table is None:
            return None
        # Whose totals, or summary, say what the network's row does.
        whole = self.table.view in OF_CALLS or "change" in self.table.index
        rows = (self.every[place] for place in self.shown)
        kept = tuple(row for row in rows if not whole or row.kind != "network")
        pinned = [key for key in self.pinned if key not in self.table.shown]
        return replace(self.table, rows=kept, shown=(*self.table.shown, *pinned))

    @work(exclusive=True, group="heat")
    async def show_heat(self, key: str | None) -> None:
        """Show the numbers of a column as bars in front of the rows; None takes them off."""
        table = self.table
        if table is None:
            return
        hot = 0.0
        if key is not None and key in table.index:
            hot = await beside_the_screen(len(table.rows) > MANY_CALLS, hottest, table, key)
        self.heat, self.hottest = key, hot
        self.measure()
        self.arrange_rows()
