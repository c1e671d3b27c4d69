"""The shape trace: the cells of the printouts, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from threading import Event

from rich.segment import Segment
from textual import events, work
from textual.message import Message
from textual.strip import Strip

from resnet_inspect.formats.styled_text import (
    GAP,
    SECTIONS,
    aligned,
    cut,
    cut_path,
    section_words,
)
from resnet_inspect.formats.styled_text import cells as cells_of
from resnet_inspect.tui.panels.changes import changes
from resnet_inspect.tui.panels.fitting import BAR, WORDED, Fitting
from resnet_inspect.tui.panels.network_tree import SHORTER, short_name
from resnet_inspect.tui.panels.outline import Outline, path_of
from resnet_inspect.tui.panels.row_list import SIGN, Piece, Rows, share_bar
from resnet_inspect.tui.panels.search import hottest, leaves, matches, nearest, query_of, ranked
from resnet_inspect.tui.process.background import MANY_CALLS, beside_the_screen
from resnet_inspect.tui.session.shown import OF_CALLS
from resnet_inspect.views.tables.table import Heading, Row, Table
from resnet_inspect.views.words.text import count

FLAT = "trace"
"""What the rows are sorted by where they are a flat list in the order of the trace."""
OPENS = frozenset({"kernel_size", "window"})
"""The first of the columns that are empty where there is no window."""
NAMES = frozenset({"path", "op", "operation", "class_name"})
"""Columns in the colour of their kind of layer."""


class TraceTable(Rows):
    """A table of cells under a header; scrolls sideways where columns do not fit."""

    BORDER_TITLE = " Shape trace "
    heading = "Shape trace"
    """What stands above it; the hidden columns are counted behind it."""
    gap = GAP
    """Cells between two columns."""
    asked: Collection[str] = ()
    """Keys of the columns that were asked for, if any were."""
    samples: int | None = None
    """The first size of the network's input, which shapes leave out."""
    heat: str | None = None
    """Key of the column whose numbers are shown as a heat bar in front of each row."""
    differing = False
    """Whether only what differs is shown, of two networks."""
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
        self.columns: list[Heading] = []
        self.widths: list[int] = []
        self.sorted_by: str | None = None
        self.changed: set[tuple[str, str, str]] = set()
        """Kind, path and column of the cells that differ from the trace shown before."""
        self.hottest = 0.0
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

    @property
    def heated(self) -> str | None:
        """The heat's column, if the table has it."""
        return self.heat if self.table is not None and self.heat in self.table.index else None

    @property
    def pinned(self) -> list[str]:
        """Keys of the columns that are shown whatever was chosen: of the order and of the heat."""
        keys = (key for key in (self.sorted_by, self.heated) if key is not None)
        return [key for key in dict.fromkeys(keys) if self.table and key in self.table.index]

    def measure(self) -> None:
        """Fit the columns into the room that there is."""
        assert self.table is not None
        self.fit = Fitting(
            self.table,
            self.room,
            asked=self.asked,
            pinned=self.pinned,
            batch=self.samples,
            nested=self.order is None,
            ascii=self.ascii,
            sign=len(SIGN) if self.outline is not None and self.outline.raised else 0,
            lead=BAR + 1 if self.heated else 0,
        )
        self.columns, self.widths, self.gap = self.fit.columns, self.fit.widths, self.fit.gap
        self._say_how()

    def _say_how(self) -> None:
        """On the frame: what is left out, and the way back from an order or a heat."""
        assert self.table is not None
        hidden = self.fit.hidden
        more = f" · {count(hidden, 'more column')} with f" if hidden else ""
        self.border_title = f" {self.heading}{more} "
        ways = []
        if self.sorted_by == FLAT:
            ways.append("flat · t tree")
        elif self.sorted_by in self.table.index:
            ways.append(f"by {self._title_of(self.sorted_by)} · esc trace order")
        if "change" in self.table.index:
            only = "z all" if self.differing else "z differing"
            ways.append(f"= same ~ changed - only left + only right · {only}")
        if self.heated is not None:
            ways.append(f"heat of {self._title_of(self.heated)} · H other or none")
        self.border_subtitle = f" {'   '.join(ways)} " if ways else ""

    def _title_of(self, key: str | None) -> str:
        assert self.table is not None
        assert key is not None
        return self.table.columns[self.table.index[key]].title

    @property
    def content_width(self) -> int:
        """Cells that a row takes."""
        return self.fit.width

    def written(self, row: Row, column: Heading) -> str:
        """The text of a cell as the table shows it."""
        return self.fit.written(row, column)

    def header(self) -> list[Piece]:
        """Titles; the sorted column with an arrow."""
        pieces: list[Piece] = []
        if self.heated:
            pieces.append((aligned(cut(self._title_of(self.heated), BAR), BAR, "left"), "bar"))
            pieces.append((" ", "header"))
        for column, width in zip(self.columns, self.widths, strict=True):
            title = cut(self.fit.title(column), width)
            if column.key == self.sorted_by:
                down, up = ("v", "^") if self.ascii else ("▼", "▲")
                title = f"{title[: width - 1]}{down if self.reverse else up}"
            pieces.append((aligned(title, width, column.align) + " " * self.gap, "header"))
        return pieces

    def pieces(self, place: int, row: Row) -> list[Piece]:
        """The cells of a row; the words of a section stand across its empty window columns."""
        assert self.table is not None
        style = row.kind if row.kind in SECTIONS else row.op
        style = {"stem": "section", "head": "section"}.get(style, style)
        style = "section" if row.kind == "network" else style
        pieces: list[Piece] = [self._heat_of(row)] if self.heated else []
        cells = [
            (column, self.written(row, column), width)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        path = path_of(self.table, row)
        sign = self.sign_of(row)
        skip_until = -1
        for i, (column, written, width) in enumerate(cells):
            if i < skip_until:
                continue
            lead = sign if i == 0 else ""
            fitted = (cut_path if i == 0 else cut)(written, width - len(lead))
            text = lead + aligned(fitted, width - len(lead), column.align)
            keys = {column.key}
            if i == 0 and self.fit.has_windows and row.kind in WORDED:
                text, skip_until = self._worded(row, cells)
                keys |= {"note", *(c.key for c, _, _ in cells[:skip_until])}
            elif column.key in OPENS and not written and self.fit.has_windows:
                text, skip_until = self._across(self.table.cell(row, "note").text, cells, i)
                keys |= {"note", *(c.key for c, _, _ in cells[i:skip_until])}
            elif i == 0 and self.fit.goes_on(row):
                text, skip_until = self._across(lead + written, cells, i)
            name = style if column.key in NAMES or row.subtotal else ""
            gap, name = " " * self.gap, "failed" if lead else name
            if any((row.kind, path, key) in self.changed for key in keys):
                gap, name = "*" + gap[1:], "changed"
            pieces.append((text + gap, name))
        return pieces

    def _worded(self, row: Row, cells: list[tuple[Heading, str, int]]) -> tuple[str, int]:
        """What a section says of itself, across the columns that it leaves empty."""
        assert self.table is not None
        end = 1
        while end < len(cells) and (not cells[end][1] or cells[end][0].key in NAMES):
            end += 1
        room = sum(width for _, _, width in cells[:end]) + self.gap * (end - 1)
        indent = " " * self.fit.step * row.level
        path = path_of(self.table, row)
        versions = [path] if row.kind == "network" else section_words(self.table, row, path)
        if row.kind == "block":
            versions = [versions[0], *section_words(self.table, row, short_name(path))]
        versions = [self.sign_of(row) + indent + words.lstrip() for words in versions]
        fitting = next((v for v in versions if cells_of(v) <= room), versions[-1])
        return aligned(cut(fitting, room), room, "left"), end

    def _across(
        self, words: str, cells: list[tuple[Heading, str, int]], start: int
    ) -> tuple[str, int]:
        """Words in a column and in the empty ones behind it."""
        end = start + 1
        while end < len(cells) and not cells[end][1] and cells[end][0].key != "note":
            end += 1
        room = sum(width for _, _, width in cells[start:end]) + self.gap * (end - start - 1)
        if cells_of(words) > room:
            for long, short in SHORTER.items():
                words = words.replace(long, short)
        return aligned(cut(words, room), room, "left"), end

    def _heat_of(self, row: Row) -> Piece:
        assert self.table is not None
        assert self.heated is not None
        value = self.table.cell(row, self.heated).value
        is_sum = row.subtotal or row.kind == "rest"
        if is_sum or not isinstance(value, int | float) or not self.hottest:
            return (" " * (BAR + 1), "")
        part = float(value) / self.hottest
        drawn = share_bar(part, BAR, ascii=self.ascii)
        return (drawn + " ", "bar")

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
        for side in ("left", "right"):  # as it is written in the table
            text = text.replace(f"only {side}", f'change:"only {side}"')
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
