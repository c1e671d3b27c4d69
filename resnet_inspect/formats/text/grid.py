"""The columns of a table with their widths, and its rows as lines of styled text.

The words of a section ("3 blocks; planes ×4, dimensions unchanged") stand across the columns that
its row leaves empty, and a note in the window columns where these are empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile

from resnet_inspect.formats.text.cells import aligned, bar, cells, cut, cut_path
from resnet_inspect.formats.text.sections import SECTIONS, section_words
from resnet_inspect.views.tables.table import Heading, Row, Table

Span = tuple[str, str]
"""Text and the name of its style."""

GAP = 2
_WORDS = 44
"""Cells that a column of notes keeps before other columns have to go."""
_LEAST = 12
"""Cells below which a note at the end of a row is not begun."""
_ACROSS = ("kernel_size", "stride", "padding")


def is_across(table: Table) -> bool:
    """Whether notes stand in the window columns, and have no column of their own."""
    return (
        "note" in table.shown
        and any(key in _ACROSS for key in leading(table.shown))
        and table.view == "layers"
    )


def leading(keys: Sequence[str]) -> tuple[str, ...]:
    """The columns at the left that the words of a section can stand across."""
    if keys[0] != "path":
        return ()
    start = 2 if "op" in keys[1:2] else 1
    return (*keys[:start], *takewhile(lambda key: key in _ACROSS, keys[start:]))


class Grid:
    """Columns with their widths, in at most `limit` cells where they can be cut to that."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[Heading],
        limit: int | None,
        bars: bool,
        natural: dict[tuple[str, bool], int],
        names: dict[int, str],
    ) -> None:
        self.table = table
        self.columns = columns
        self.limit = limit
        self.bars = bars
        self.names = names
        self.across = is_across(table)
        self.leading = leading([column.key for column in columns])
        self.places = [i for i, key in enumerate(self.leading) if key in _ACROSS]
        self.widths = [self._natural(column, natural) for column in columns]
        if limit is not None:
            self._shrink(limit)
        self._widen(limit)

    @property
    def width(self) -> int:
        """Cells that a row takes."""
        return sum(self.widths) + GAP * (len(self.widths) - 1)

    def _shrink(self, limit: int) -> None:
        """Cut long names and notes, and all that is too wide for the last two columns."""
        for i, column in enumerate(self.columns):
            if column.key == "path":
                self.widths[i] = min(self.widths[i], max(40, limit // 2))
        for i, column in enumerate(self.columns):
            if column.key == "note":
                spare = max(self.widths[i] - _WORDS, 0)
                self.widths[i] -= min(max(self.width - limit, 0), spare)
        if len(self.columns) <= 2:
            for i in sorted(range(len(self.columns)), key=lambda i: -self.widths[i]):
                self.widths[i] -= min(max(self.width - limit, 0), max(self.widths[i] - 8, 0))

    def _widen(self, limit: int | None) -> None:
        """Make room for the words of every section and for every note, if there is any."""
        self._widen_for_stages(limit)
        for row in self.table.rows:
            if self._is_worded(row):
                i, short = 0, cells(self._words(row)[0]) - self._room(row)
            elif self._is_noted(row):
                i, short = self.places[-1], cells(self._note(row)) - self._span(self.places)
            else:
                continue
            if short > 0 and (limit is None or self.width + short <= limit):
                self.widths[i] += short

    def _widen_for_stages(self, limit: int | None) -> None:
        """Make room for the fullest words that all stages can have: they are told alike."""
        stages = [row for row in self.table.rows if self.across and row.kind == "stage"]
        rooms = [self._room(row) for row in stages]
        for said in zip(*map(self._words, stages), strict=True):
            short = max(cells(words) - room for words, room in zip(said, rooms, strict=True))
            if limit is None or short <= 0 or self.width + short <= limit:
                self.widths[0] += max(short, 0)
                return

    def _span(self, places: Sequence[int]) -> int:
        return sum(self.widths[i] for i in places) + GAP * (len(places) - 1)

    def _note(self, row: Row) -> str:
        return self.table.cell(row, "note").text

    def _is_noted(self, row: Row) -> bool:
        """Whether the note of a row stands in its empty window columns."""
        return (
            self.across
            and bool(self.places)
            and not self._is_worded(row)
            and not row.raised
            and bool(self._note(row))
            and not any(self.written(row, self.columns[i]) for i in self.places)
        )

    def _is_worded(self, row: Row) -> bool:
        return self.across and row.kind in SECTIONS

    def written(self, row: Row, column: Heading) -> str:
        """What stands in a cell: a name under its section, a share behind its bar."""
        cell = self.table.cell(row, column.key)
        if column.key == "path":
            return "  " * row.level + self.names.get(id(row), cell.text)
        if column.key == "share" and self.bars and cell.text:
            part = cell.value if isinstance(cell.value, float) else None
            return f"{bar(part)} {cell.text:>6}"
        return cell.text

    def _natural(self, column: Heading, known: dict[tuple[str, bool], int]) -> int:
        """The width of all that stands in a column; not of what goes into a section's words."""
        in_words = column.key in {"path", "op"} and column.key in self.leading
        width = known.get((column.key, in_words))
        if width is None:
            rows = (row for row in self.table.rows if not (in_words and self._is_worded(row)))
            written = (column.title, *(self.written(row, column) for row in rows))
            width = known[column.key, in_words] = max(map(cells, written))
        return width

    def header(self) -> tuple[Span, ...]:
        """The titles of the columns."""
        parts = [
            aligned(column.title, width, column.align)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        return (((" " * GAP).join(parts).rstrip(), "header"),)

    def row(self, row: Row) -> tuple[Span, ...]:
        """A row; of a section the words, then the cells that are filled."""
        style = row.kind if row.kind not in {"layer", "function"} else row.op
        if row.raised:
            style = "raised"
        if not self._is_worded(row):
            spans = [
                (self._fitted(row, column, width), self._style(column, style))
                for column, width in zip(self.columns, self.widths, strict=True)
            ]
            return self._with_note(row, spans)
        room = self._room(row)
        words = self._words(row)[self._version(row)]
        first = self._first_filled(row)
        spans = [(aligned(cut(words, room), room, "left"), style)]
        spans += [
            (self._fitted(row, column, width), style)
            for column, width in list(zip(self.columns, self.widths, strict=True))[first:]
        ]
        return _joined(spans)

    def _fitted(self, row: Row, column: Heading, width: int) -> str:
        shorten = cut_path if column.key == "path" else cut
        return aligned(shorten(self.written(row, column), width), width, column.align)

    def _with_note(self, row: Row, spans: list[Span]) -> tuple[Span, ...]:
        """The row with its note in the window columns or, where these are full, at its end."""
        if self._is_noted(row):
            room = self._span(self.places)
            note = aligned(cut(self._note(row), room), room, "left")
            spans[self.places[0] : self.places[-1] + 1] = [(note, "note")]
        elif self.across and self._note(row):
            left = None if self.limit is None else self.limit - self.width - GAP
            note = self._note(row)
            if row.raised and left is not None and cells(note) > left:
                note = note.partition(":")[0]  # the rest is said below the table
            if left is None or left >= min(cells(note), _LEAST):
                spans.append((cut(note, left), "note"))
        return _joined(spans)

    def _style(self, column: Heading, style: str) -> str:
        return style if column.key in {"path", "op", "class_name"} else "cell"

    def _words(self, row: Row) -> list[str]:
        return section_words(self.table, row)

    def _version(self, row: Row) -> int:
        """Which version of its words a section has room for; for stages, one that all have."""
        return self._stage_version if row.kind == "stage" else self._fitting(row)

    @cached_property
    def _stage_version(self) -> int:
        return max(self._fitting(row) for row in self.table.rows if row.kind == "stage")

    def _fitting(self, row: Row) -> int:
        versions = self._words(row)
        room = self._room(row)
        fits = (i for i, words in enumerate(versions) if cells(words) <= room)
        return next(fits, len(versions) - 1)

    def _first_filled(self, row: Row) -> int:
        """The first column after the words that has something to show."""
        for i, column in enumerate(self.columns):
            if i >= len(self.leading) and self.table.cell(row, column.key).text:
                return i
        return len(self.columns)

    def _room(self, row: Row) -> int:
        return self._span(range(self._first_filled(row)))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Cells with gaps between them and no blanks at the end."""
    found: list[Span] = []
    for i, (written, style) in enumerate(spans):
        last = i == len(spans) - 1
        found.append((written.rstrip() if last else written + " " * GAP, style))
    while found and not found[-1][0].strip():
        found.pop()
    if found:
        found[-1] = (found[-1][0].rstrip(), found[-1][1])
    return tuple(found)
