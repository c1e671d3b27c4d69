"""Which columns of a table there is room for, and how their cells are written in it.

Where there is little room a window is one column instead of three, shapes have squares as a power,
levels are indented less. Only after that are columns left out, those of least worth first; never
one that was asked for, nor the one that rows are sorted by or that their heat is of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resnet_inspect.formats.text.cells import cells as cells_of
from resnet_inspect.formats.text.grid import GAP
from resnet_inspect.formats.text.sections import SECTIONS
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.panels.lists.row_lines import share_bar
from resnet_inspect.tui.panels.lists.search import sample
from resnet_inspect.tui.panels.network_tree import short_name
from resnet_inspect.tui.session.perspective import OF_CALLS
from resnet_inspect.views.tables.table import Heading, Row, Table
from resnet_inspect.views.words import text

BAR = 6
LONGEST = 60
NOTE = 24
"""Cells that a note must have; it takes what the other columns leave."""
WORTHY = 7
"""Columns of no more worth than this go only after those that say the same in less space."""
PARTS = frozenset({"kernel_size", "stride", "padding"})
"""What the column `window` says in short."""
STEP = frozenset({"op", "window"})
"""What the column `operation` says in one, as the table writes it."""
SHAPES = {"input_shape": "in", "output_shape": "out"}
"""Columns of shapes, and their titles where the batch is left out."""


NAMED_BY_LAST = frozenset({"layer", "function", "module", "never called"})
"""Kinds of rows that have the last part of their path for a name, under what they are in."""
WORDED = SECTIONS | {"network"}
"""Kinds of rows that say something across the columns of windows, which are empty there."""


class Fitting:
    """Columns, widths and gaps for a room in cells."""

    def __init__(
        self,
        table: Table,
        room: int,
        *,
        asked: Collection[str] = (),
        pinned: Sequence[str] = (),
        batch: int | None = None,
        nested: bool = True,
        ascii: bool = False,
        sign: int = 0,
        lead: int = 0,
    ) -> None:
        """Fit a table into a room.

        Args:
            table: what is shown.
            room: cells that a row may take.
            asked: keys of the columns that were asked for, if any were: none of them goes.
            pinned: keys of columns that are shown also where they were not chosen.
            batch: the first size of the network's input, which shapes leave out.
            nested: whether rows stand under their sections.
            ascii: whether only ASCII is drawn.
            sign: cells in front of a path.
            lead: cells in front of a row.

        """
        self.table, self.room, self.lead, self.sign = table, room, lead, sign
        self.asked, self.pinned = frozenset(asked), frozenset(pinned)
        self.batch, self.nested, self.ascii = batch, nested, ascii
        self.gap, self.step, self.powers, self.hidden = GAP, 2, False, 0
        self.whole_paths = table.view in OF_CALLS
        """Whether there is room for whole paths, also where rows stand under their sections: so no
        column moves when they are sorted."""
        self.has_windows = table.view == "layers" and "kernel_size" in table.shown
        keys = [key for key in table.shown if key != "note" or not self.has_windows]
        at = len(keys) - (keys[-1:] == ["note"])
        keys[at:at] = [key for key in pinned if key not in keys]
        self.columns = [table.columns[table.index[key]] for key in keys]
        self._fit()

    def _fit(self) -> None:
        rows = sample(self.table)
        widths: dict[tuple[str, int, bool, bool], int] = {}
        while True:
            form = (self.step, self.powers, self.whole_paths)
            for c in self.columns:
                if (c.key, *form) not in widths:
                    longest = max((cells_of(self._measured(row, c)) for row in rows), default=0)
                    most = max(24, self.room // 3) if c.key == "path" else LONGEST
                    most = NOTE if c.key == "note" else most
                    title = len(self.title(c)) + (c.key in self.pinned)  # for its arrow
                    widths[c.key, *form] = min(most, max(title, longest))
            self.widths = [widths[c.key, *form] for c in self.columns]
            self.widths[0] += self.sign
            if self.width <= self.room or not self._narrow():
                break
        if self.columns[-1].key == "note":
            self.widths[-1] += max(0, self.room - self.width)

    @property
    def width(self) -> int:
        """Cells that a row takes."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1) + self.lead

    def _narrow(self) -> bool:
        """Take the next step to a narrower table; False where there is none."""
        free = [c for c in self.columns[1:] if c.key not in self.asked | self.pinned]
        worst = max(reversed(free), key=lambda column: column.worth, default=None)
        if worst is not None and worst.worth > WORTHY:
            self._leave_out(worst)
        elif self.whole_paths:
            self.whole_paths = False
        elif self._can_put("window", PARTS):
            self._put("window", PARTS)
        elif not self.powers and not self.ascii and SHAPES.keys() & self._keys:
            self.powers = True
        elif self.step > 1:
            self.step = 1
        elif self.gap > 1:
            self.gap = 1
        elif self._can_put("operation", STEP):
            self._put("operation", STEP)
        elif worst is not None and len(self.columns) > 2:
            self._leave_out(worst)
        else:
            return False
        return True

    @property
    def _keys(self) -> set[str]:
        return {column.key for column in self.columns}

    def _can_put(self, key: str, instead: frozenset[str]) -> bool:
        """Whether a column can stand for others: all are there and none was asked for."""
        free = not instead & (self.asked | self.pinned)
        return free and key in self.table.index and instead <= self._keys

    def _leave_out(self, column: Heading) -> None:
        self.columns.remove(column)
        self.hidden += 1

    def _put(self, key: str, instead: Collection[str]) -> None:
        """Show a column instead of others, where the last of them is."""
        last = max(i for i, c in enumerate(self.columns) if c.key in instead)
        self.columns[last] = self.table.columns[self.table.index[key]]
        self.columns = [c for c in self.columns if c.key not in instead]

    def _measured(self, row: Row, column: Heading) -> str:
        """What a column must have room for; the words of a section go beyond theirs."""
        if column.key == "path" and self.goes_on(row):
            return ""
        worded = self.has_windows and row.kind in WORDED
        in_words = {"path", "op", "operation"}
        if worded and column.key in in_words:
            return ""
        if column.key != "path":
            return self.written(row, column)
        whole = path_of(self.table, row) if self.whole_paths and not row.subtotal else ""
        return max(whole, self._path(row, nested=True), key=cells_of)

    def goes_on(self, row: Row) -> bool:
        """Whether the name of what is left over goes on: it is long where time is left over too."""
        return "time" in self.table.index and not self.has_windows and row.kind == "rest"

    def _path(self, row: Row, *, nested: bool) -> str:
        """The name of a row, indented; what is under its section by its last part."""
        path = path_of(self.table, row)
        inside = row.level and nested and row.kind in NAMED_BY_LAST
        indent = " " * self.step * row.level if nested else ""
        return indent + (short_name(path) if inside else path)

    def title(self, column: Heading) -> str:
        """What stands above a column."""
        return SHAPES.get(column.key, column.title) if self.batch is not None else column.title

    def written(self, row: Row, column: Heading) -> str:
        """The text of a cell as the table shows it."""
        cell = self.table.cell(row, column.key)
        if column.key == "path":
            return self._path(row, nested=self.nested)
        if column.key == "share" and cell.text:
            part = cell.value if isinstance(cell.value, float) else 0.0
            return f"{share_bar(part, BAR, ascii=self.ascii)} {cell.text:>6}"
        if column.key == "operation":
            window = self.table.cell(row, "window").text
            name = self.table.cell(row, "op").text.removesuffix(" pool")
            return f"{name} {window}" if window else cell.text
        if column.key in SHAPES and isinstance(cell.value, tuple):
            sizes = tuple(size for size in cell.value if isinstance(size, int))
            if len(sizes) == len(cell.value) > 1 and sizes[0] == self.batch:
                return text.map_shape(sizes) if self.powers else text.shape(sizes[1:])
        return cell.text
