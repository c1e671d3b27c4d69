"""The network as a tree: stem, stages, blocks, layers, each with its share of the parameters."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.formats.layout import bar
from resnet_inspect.tui.rows import Piece, Rows
from resnet_inspect.views.table import Row, Table

BAR = 5


class NetworkTree(Rows):
    """The sections and layers of the trace, by name."""

    BORDER_TITLE = "Network"

    @property
    def header_height(self) -> int:  # type: ignore[override]
        """The tree has no header."""
        return 0

    def action_fold_all(self) -> None:
        """Fold every section but the network."""
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
        sign = self.sign_of(row)
        name = sign + self.name_of(row)
        share = self.table.cell(row, "share").value
        part = share if isinstance(share, float) else 0.0
        drawn = bar(part, BAR, ascii=self.ascii)
        indent = "  " * row.level
        room = max(4, self.room - BAR - 1 - len(indent) - 2)
        label = name if len(name) <= room else name[: room - 1] + "…"
        style = row.kind if row.kind in {"stage", "block", "rest"} else row.op or "section"
        style = "failed" if sign else style
        return [(indent + mark, "muted"), (label.ljust(room), style), (" ", ""), (drawn, "bar")]

    def name_of(self, row: Row) -> str:
        """The last part of a path under its section; a stage with its output."""
        assert self.table is not None
        path = self.table.cell(row, "path").text
        if row.kind == "stage":
            stage = self.table.cell(row, "op").text
            return f"{stage}  {self._map(row)}".rstrip()
        if row.kind == "block":
            kinds = {"identity": "id", "zero-padded identity": "id+0", "projection": "proj"}
            shortcut = kinds.get(self.table.cell(row, "shortcut").text, "")
            return f"{path}  {shortcut}"
        if row.kind in {"layer", "function"} and row.level > 1:
            return short_name(path)
        return path

    def _map(self, row: Row) -> str:
        assert self.table is not None
        shape = self.table.cell(row, "output_shape").value
        if not isinstance(shape, tuple) or len(shape) < 3:
            return ""
        channels, *sizes = (str(size) for size in shape[1:])
        if len(set(sizes)) == 1 and len(sizes) == 2:
            return f"{channels}×{sizes[0]}²"
        return "×".join((channels, *sizes))


def network_table(layers: Table, network: Row) -> Table:
    """These layers under a row for the network itself."""
    inside = (replace(row, level=row.level + 1) for row in layers.rows)
    return replace(layers, rows=(replace(network, level=0), *inside))


def short_name(path: str) -> str:
    """The last name of a path, with the one before where it is only a number."""
    name, blank, call = path.partition(" ")
    if ":" in name:
        short = name.rpartition(":")[2]
    else:
        head, _, last = name.rpartition(".")
        short = f"{head.rpartition('.')[2]}.{last}" if last.isdecimal() and head else last
    return f"{short}{blank}{call}"
