"""A table laid out in lines of styled text, with the columns that there is room for.

Columns are as wide as their widest cell. Where that is too wide, columns go in order of worth; what
a column of words without room says stands below the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resnet_inspect.formats.text.cells import cut, wrapped
from resnet_inspect.formats.text.grid import Grid, Span, is_across
from resnet_inspect.formats.text.sections import row_names
from resnet_inspect.views.tables.table import Heading, Table

_NESTED = frozenset({"layers", "modules"})
"""Views whose rows stand under the rows that they are parts of."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines of styled text, and the columns that did not fit."""

    lines: tuple[tuple[Span, ...], ...]
    dropped: tuple[str, ...]
    width: int
    """Cells that a row of the table takes."""

    @property
    def text(self) -> str:
        """The lines without their styles."""
        return "".join(f"{''.join(written for written, _ in line)}\n" for line in self.lines)


def lay_out(
    table: Table, width: int | None = None, *, bars: bool = True, asked: Collection[str] = ()
) -> Layout:
    """The table in at most `width` columns of text, or as wide as it is for None.

    Columns that were asked for are never left out: there the table is as wide as they need.
    """
    grid, dropped = _fitting(table, width, bars, asked)
    lines: list[tuple[Span, ...]] = [
        *(((line, "title"),) for line in wrapped(table.title, width, indent=2)),
        (),
    ]
    for sentence in table.summary:
        lines.extend(((line, "summary"),) for line in wrapped(sentence, width, indent=2))
    lines += [
        *([()] if table.summary else []),
        grid.header(),
        (("─" * grid.width, "rule"),),
    ]
    for above, row in pairwise((None, *table.rows)):
        assert row is not None
        if above is not None and above.level > row.level == 0:
            lines.append(())
        lines.append(grid.row(row))
    lines.append((("─" * grid.width, "rule"),))
    lines.extend(_totals(table, width if width is not None else max(grid.width, 80)))
    for remark in (*_below(table, dropped), *table.remarks):
        label = "note: "
        for line in wrapped(f"{label}{remark}", width, indent=len(label)):
            lines.append(((line, "remark"),))
    left_out = tuple(column.key for column in dropped if not column.below)
    return Layout(tuple(lines), left_out, grid.width)


def _fitting(
    table: Table, width: int | None, bars: bool, asked: Collection[str]
) -> tuple[Grid, list[Heading]]:
    """The columns that there is room for, and those that are left out."""
    columns = [c for c in table.shown_columns if not (c.key == "note" and is_across(table))]
    dropped: list[Heading] = []
    natural: dict[tuple[str, bool], int] = {}
    names = row_names(table) if table.view in _NESTED else {}
    while True:
        grid = Grid(table, columns, width, bars, natural, names)
        if width is None or grid.width <= width or len(columns) <= 2:
            return grid, dropped
        free = [column for column in columns[1:] if column.key not in asked]
        worst = max(reversed(free), key=lambda column: column.worth, default=None)
        if worst is None:
            return grid, dropped
        for column in [one for one in reversed(free) if _pair(one) == _pair(worst)]:
            columns.remove(column)
            dropped.insert(0, column)


def _pair(column: Heading) -> str:
    """What a column of one side has in common with that of the other: they go together."""
    side, _, key = column.key.partition("_")
    return f"both {key}" if side in ("left", "right") else column.key


def _below(table: Table, dropped: Sequence[Heading]) -> Iterator[str]:
    """What each row has in columns of words that found no room, behind what it is."""
    words = [column.key for column in dropped if column.below]
    names = [c.key for c in table.shown_columns if c.align == "left" and c.key not in words]
    for row in table.rows if words else ():
        said = ", ".join(filter(None, (table.cell(row, key).text for key in words)))
        if said:
            yield f"{', '.join(table.cell(row, key).text for key in names)}: {said}"


def _totals(table: Table, width: int) -> list[tuple[Span, ...]]:
    """Labels and values in as many columns as fit, read downwards."""
    if not table.totals:
        return []
    values = max(len(total.cell.text) for total in table.totals)
    labels = min(max(len(total.label) for total in table.totals), max(width - 2 - values, 1))
    entry = labels + 2 + values
    across = max(1, min(3, (width + 4) // (entry + 4)))
    down = -(-len(table.totals) // across)
    lines = []
    for i in range(down):
        spans: list[Span] = []
        for total in table.totals[i::down]:
            if spans:
                spans.append((" " * 4, "cell"))
            spans.append((f"{cut(total.label, labels):<{labels}}  ", "label"))
            spans.append((f"{total.cell.text:>{values}}", "total"))
        lines.append(tuple(spans))
    return lines
