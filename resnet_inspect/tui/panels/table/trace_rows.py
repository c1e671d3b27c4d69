"""How the rows of the shape trace are drawn: in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Collection

from resnet_inspect.formats.text.cells import aligned, cut, cut_path
from resnet_inspect.formats.text.cells import cells as cells_of
from resnet_inspect.formats.text.grid import GAP
from resnet_inspect.formats.text.sections import SECTIONS, section_words
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.panels.lists.row_lines import SIGN, Piece, share_bar
from resnet_inspect.tui.panels.lists.rows import Rows
from resnet_inspect.tui.panels.network_tree import SHORTER, short_name
from resnet_inspect.tui.panels.table.column_fit import BAR, WORDED, Fitting
from resnet_inspect.views.tables.table import Heading, Row
from resnet_inspect.views.words.text import count

FLAT = "trace"
"""What the rows are sorted by where they are a flat list in the order of the trace."""
OPENS = frozenset({"kernel_size", "window"})
"""The first of the columns that are empty where there is no window."""
NAMES = frozenset({"path", "op", "operation", "class_name"})
"""Columns in the colour of their kind of layer."""


class TraceRows(Rows):
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns: list[Heading] = []
        self.widths: list[int] = []
        self.sorted_by: str | None = None
        self.changed: set[tuple[str, str, str]] = set()
        """Kind, path and column of the cells that differ from the trace shown before."""
        self.hottest = 0.0

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
            ways.append(f"= same ~ not - only left + only right · {only}")
        if self.heated is not None:
            ways.append(f"heat of {self._title_of(self.heated)} · H other")
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
            heading = self._title_of(self.heated)
            heading = heading if cells_of(heading) <= BAR else "heat"
            pieces.append((aligned(heading, BAR, "left"), "bar"))
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
