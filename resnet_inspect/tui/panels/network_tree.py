"""The network as a tree: stem, stages, blocks, layers, each with its share of the parameters."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.formats.text.cells import aligned, cells, cut
from resnet_inspect.tui.panels.lists.outline import path_of
from resnet_inspect.tui.panels.lists.row_lines import Piece, share_bar
from resnet_inspect.tui.panels.lists.rows import Rows
from resnet_inspect.views.tables.table import EMPTY, Cell, Row, Table
from resnet_inspect.views.words.text import map_shape

ROOMY = 26
"""Cells from which on a level is indented by two, and the bar is as long as it can be."""
_LOW = 19
"""Cells below which a bar has only one, so that no name is cut."""
SHORTER = {"identity": "id", "zero-padded identity": "id+0", "projection": "proj"}
"""Shortcuts in little room."""


class NetworkTree(Rows):
    """The sections and layers of the trace, by name."""

    BORDER_TITLE = " Network "
    BORDER_SUBTITLE = " ▌ params "

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.opened: set[tuple[int, int]] = set()
        """Spans of what was unfolded on the way to the cursor, and folds again behind it."""
        self.has_maps = True
        """Whether there is room for the maps of all stages."""

    @property
    def header_height(self) -> int:  # type: ignore[override]
        """The tree has no header."""
        return 0

    def measure(self) -> None:
        """Find whether the maps of the stages have room; either all have one or none has."""
        self.has_maps = True
        stages = [row for row in self.every if row.kind == "stage"]
        longest = max((cells(min(self.names_of(row)[:2], key=cells)) for row in stages), default=0)
        self.has_maps = longest + 2 + self._bar + 1 <= self.room

    @property
    def _bar(self) -> int:
        return min(5, max(1 if self.room < _LOW else 2, self.room - 22))

    def fold_to_fit(self) -> None:
        """Fold blocks, and stages too where there are more blocks than lines."""
        self.opened = set()
        self.folded = {row.span for i, row in enumerate(self.every) if self._folds(i, "block")}
        self.arrange_rows()
        if len(self.shown) > self.size.height:
            self.action_fold_all()

    def _folds(self, place: int, kind: str) -> bool:
        row = self.every[place]
        return self.has_inside(place) and row.level > 0 and (row.kind != "stage" or kind == "stage")

    def go(self, place: int) -> bool:
        """Put the cursor on a row; what was unfolded on the way to the one before folds again."""
        assert self.outline is not None
        around = {self.every[outer].span for outer in self.outline.around(place)}
        behind = self.opened - around
        self.opened = (self.opened & around) | (self.folded & around)
        if behind:
            self.folded |= behind
            self.folded -= around
            with self.prevent(Rows.Chosen):
                self.arrange_rows()
        return super().go(place)

    def action_fold_all(self) -> None:
        """Fold every section but the network."""
        self.opened = set()
        self.folded = {
            row.span for i, row in enumerate(self.every) if row.level and self.has_inside(i)
        }
        self.arrange_rows()

    def pieces(self, place: int, row: Row) -> list[Piece]:
        """Fold mark, name, share."""
        assert self.table is not None
        mark = "  "
        if self.has_inside(place):
            folded = row.span in self.folded
            mark = ("+ " if folded else "- ") if self.ascii else ("▸ " if folded else "▾ ")
        share = self.table.cell(row, "share").value if "share" in self.table.index else None
        part = share if isinstance(share, float) else 0.0
        drawn = share_bar(part, self._bar, ascii=self.ascii)
        lead = self._lead(row, mark)
        room = max(4, self.room - len(lead) - 1 - len(drawn))
        sign = self.sign_of(row)
        names = [sign + name for name in self.names_of(row)]
        label = next((name for name in names if cells(name) <= room), cut(names[-1], room))
        named = {"stage", "block", "rest"}
        style = row.kind if row.kind in named else (row.level and row.op) or "section"
        style = "failed" if sign else style
        return [(lead, "muted"), (aligned(label, room, "left"), style), (" ", ""), (drawn, "bar")]

    def _lead(self, row: Row, mark: str) -> str:
        """Indentation and fold mark; what is right inside the network begins where it does."""
        if not row.level:
            return "" if row.span not in self.folded else mark
        return " " * (2 if self.room >= ROOMY else 1) * (row.level - 1) + mark

    def names_of(self, row: Row) -> list[str]:
        """What a row is called, the fullest version first.

        The last part of a path under its section, a stage with its output, a block with its
        shortcut.
        """
        assert self.table is not None
        path = path_of(self.table, row)
        if "change" in self.table.index:
            sign = self.table.cell(row, "change").text
            return [f"{sign} {path if row.kind == 'stage' else short_name(path)}".lstrip()]
        match row.kind:
            case "stage":
                stage, shape = self.table.cell(row, "op").text, self._map(row)
                with_map = [f"{stage}  {shape}".rstrip(), f"{stage} {shape}".rstrip()]
                return [*with_map * self.has_maps, stage]
            case "block":
                name, shortcut = short_name(path), self.table.cell(row, "shortcut").text
                return [f"{name}  {shortcut}", f"{name} {SHORTER.get(shortcut, '')}", name]
            case "layer" | "function" if row.level > 1:
                return [short_name(path)]
        return [path]

    def _map(self, row: Row) -> str:
        assert self.table is not None
        shape = self.table.cell(row, "output_shape").value
        sizes = tuple(n for n in shape if isinstance(n, int)) if isinstance(shape, tuple) else ()
        return map_shape(sizes, ascii=self.ascii) if len(sizes) > 2 else ""


def network_table(layers: Table, network: Row) -> Table:
    """These layers under a row for the network itself."""
    inside = (replace(row, level=row.level + 1) for row in layers.rows)
    return replace(layers, rows=(replace(network, level=0), *inside))


def compared(table: Table, network: Row) -> Row:
    """A row for both networks over the rows in which they are compared."""
    cells = [EMPTY] * len(table.columns)
    cells[table.index["path"]] = Cell(table.model, "both networks")
    return replace(network, cells=tuple(cells), other=network.span)


def short_name(path: str) -> str:
    """The last name of a path, with the one before where it is only a number."""
    name, blank, call = path.partition(" ")
    if ":" in name:
        short = name.rpartition(":")[2]
    else:
        head, _, last = name.rpartition(".")
        short = f"{head.rpartition('.')[2]}.{last}" if last.isdecimal() and head else last
    return f"{short}{blank}{call}"
