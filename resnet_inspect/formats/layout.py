"""A table laid out in lines of styled text: what the plain and the terminal format share.

Columns are as wide as their widest cell. Where that is too wide, columns go in order of worth.
The words of a section ("3 blocks; planes ×4, dimensions unchanged") stand across the columns that
its row leaves empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.views.table import Heading, Row, Table

Span = tuple[str, str]
"""Text and the name of its style."""

GAP = 2
_ACROSS = ("kernel_size", "stride", "padding")
_BAR = 6
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines of styled text, and the columns that did not fit."""

    lines: tuple[tuple[Span, ...], ...]
    dropped: tuple[str, ...]


def lay_out(table: Table, width: int | None = None, *, bars: bool = True) -> Layout:
    """The table in at most `width` columns of text, or as wide as it is for None."""
    columns = [c for c in table.shown_columns if not (c.key == "note" and _is_across(table))]
    dropped: list[Heading] = []
    while True:
        grid = _Grid(table, columns, width, bars)
        if width is None or grid.width <= width or len(columns) <= 2:
            break
        worst = max(reversed(columns), key=lambda column: column.worth)
        columns.remove(worst)
        dropped.insert(0, worst)
    lines: list[tuple[Span, ...]] = [
        ((_cut(table.title, width), "title"),),
        (),
        grid.header(),
        (("─" * grid.width, "rule"),),
    ]
    for i, row in enumerate(table.rows):
        if (
            i
            and row.level == 0
            and row.kind in {"stage", "head", "rest"}
            and table.view == "layers"
        ):
            lines.append(())
        lines.append(grid.row(row))
    lines.append((("─" * grid.width, "rule"),))
    lines.extend(_totals(table, width if width is not None else max(grid.width, 80)))
    lines.extend(((f"note: {remark}", "remark"),) for remark in table.remarks)
    return Layout(tuple(lines), tuple(column.key for column in dropped))


def _is_across(table: Table) -> bool:
    return (
        "note" in table.shown
        and any(key in table.shown for key in _ACROSS)
        and table.view == "layers"
    )


def _cut(written: str, width: int | None) -> str:
    """Text that fits; what is cut off is marked."""
    if width is None or len(written) <= width:
        return written
    return written[: max(width - 1, 0)] + "…"


def bar(part: float | None, length: int = _BAR) -> str:
    """A bar for a part of the whole, in eighths of a character; any part above 0 shows."""
    if not part:
        return " " * length
    eighths = max(1, round(min(part, 1.0) * length * 8))
    whole, left = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[left] if left else "")).ljust(length)


class _Grid:
    """Columns with their widths."""

    def __init__(
        self, table: Table, columns: Sequence[Heading], limit: int | None, bars: bool
    ) -> None:
        self.table = table
        self.columns = columns
        self.bars = bars
        self.widths = [max(map(len, self._written_in(column))) for column in columns]
        self._widen(limit)

    @property
    def width(self) -> int:
        return sum(self.widths) + GAP * (len(self.widths) - 1)

    def _widen(self, limit: int | None) -> None:
        """Make the first column wide enough for the words of every section, if there is room."""
        for row in self.table.rows:
            if not self._is_worded(row):
                continue
            short = len(self._words(row)[0]) - self._room(row)
            if short > 0 and (limit is None or self.width + short <= limit):
                self.widths[0] += short

    def _is_worded(self, row: Row) -> bool:
        return _is_across(self.table) and row.kind in {"stage", "block", "stem", "head", "rest"}

    def written(self, row: Row, column: Heading) -> str:
        cell = self.table.cell(row, column.key)
        if column.key == "path":
            return "  " * row.level + cell.text
        if column.key == "share" and self.bars and cell.text:
            part = cell.value if isinstance(cell.value, float) else None
            return f"{bar(part)} {cell.text:>6}"
        return cell.text

    def _written_in(self, column: Heading) -> list[str]:
        """All that stands in a column; not what goes into the words of a section."""
        in_words = column.key in {"path", "op"}
        rows = (row for row in self.table.rows if not (in_words and self._is_worded(row)))
        return [column.title, *(self.written(row, column) for row in rows)]

    def header(self) -> tuple[Span, ...]:
        parts = [
            _aligned(column.title, width, column.align)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        return (((" " * GAP).join(parts).rstrip(), "header"),)

    def row(self, row: Row) -> tuple[Span, ...]:
        style = row.kind if row.kind not in {"layer", "function"} else row.op
        if not self._is_worded(row):
            spans = [
                (
                    _aligned(self.written(row, column), width, column.align),
                    self._style(column, style),
                )
                for column, width in zip(self.columns, self.widths, strict=True)
            ]
            return self._with_note(row, spans)
        room = self._room(row)
        words = next((w for w in self._words(row) if len(w) <= room), self._words(row)[-1])
        first = self._first_filled(row)
        spans = [(_cut(words, room).ljust(room), style)]
        spans += [
            (_aligned(self.written(row, column), width, column.align), style)
            for column, width in list(zip(self.columns, self.widths, strict=True))[first:]
        ]
        return _joined(spans)

    def _with_note(self, row: Row, spans: list[Span]) -> tuple[Span, ...]:
        """The row with its note in the empty window columns, if it has one and they are empty."""
        note = self.table.cell(row, "note").text if _is_across(self.table) else ""
        places = [i for i, c in enumerate(self.columns) if c.key in _ACROSS]
        if not note or not places or any(spans[i][0].strip() for i in places):
            return _joined(spans)
        room = sum(self.widths[i] for i in places) + GAP * (len(places) - 1)
        spans[places[0] : places[-1] + 1] = [(_cut(note, room).ljust(room), "note")]
        return _joined(spans)

    def _style(self, column: Heading, style: str) -> str:
        return style if column.key in {"path", "op", "class_name"} else "cell"

    def _words(self, row: Row) -> list[str]:
        """What a section says of itself, the fullest version first."""
        path = "  " * row.level + self.table.cell(row, "path").text
        op = self.table.cell(row, "op").text
        note = self.table.cell(row, "note").text
        if row.kind == "stage":
            name = self.table.cell(row, "path").text
            named = [] if name == op else [f"{op} ({name}) · {note}"]
            return [*named, f"{op} · {note}"]
        described = ", ".join(part for part in (op, note) if part)
        return [f"{path}  {described}".rstrip(), path]

    def _first_filled(self, row: Row) -> int:
        """The first column after the words that has something to show."""
        for i, column in enumerate(self.columns):
            if column.key not in {"path", "op", *_ACROSS} and self.table.cell(row, column.key).text:
                return i
        return len(self.columns)

    def _room(self, row: Row) -> int:
        before = self.widths[: self._first_filled(row)]
        return sum(before) + GAP * (len(before) - 1)


def _aligned(written: str, width: int, align: str) -> str:
    return written.rjust(width) if align == "right" else written.ljust(width)


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


def _totals(table: Table, width: int) -> list[tuple[Span, ...]]:
    """Labels and values in as many columns as fit, read downwards."""
    if not table.totals:
        return []
    labels = max(len(total.label) for total in table.totals)
    values = max(len(total.cell.text) for total in table.totals)
    entry = labels + 2 + values
    across = max(1, min(3, (width + 4) // (entry + 4)))
    down = -(-len(table.totals) // across)
    lines = []
    for i in range(down):
        spans: list[Span] = []
        for total in table.totals[i::down]:
            if spans:
                spans.append((" " * 4, "cell"))
            spans.append((f"{total.label:<{labels}}  ", "label"))
            spans.append((f"{total.cell.text:>{values}}", "total"))
        lines.append(tuple(spans))
    return lines
