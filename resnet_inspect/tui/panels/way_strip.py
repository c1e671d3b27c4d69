"""The tensor's way through the network in one line: how large its maps are, step by step."""

from __future__ import annotations

from itertools import groupby
from math import log2

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from resnet_inspect.tui.panels.lists.outline import Outline
from resnet_inspect.views.tables.table import Row

_HEIGHTS, _HEIGHTS_IN_ASCII = "▁▂▃▄▅▆▇█", "._-=+*%#"
MOST = 1_000
"""Steps that are looked at; of more, these many are taken evenly."""
_FEWEST = 4
"""Dimensions of an output that has a map: batch, channels, and two of the map or more."""


class WayStrip(Widget):
    """A bar for each step, as high as the logarithm of its map; those of the chosen row stand out.

    Where there is less room, a bar stands for several steps.
    """

    class Followed(Message):
        """A bar was clicked."""

        def __init__(self, span: tuple[int, int]) -> None:
            super().__init__()
            self.span = span
            """The first and last call of the step that it stands for."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.runs: list[tuple[int, list[Row]]] = []
        """Steps in a row whose maps are of one size, and that size."""
        self.chosen: Row | None = None
        self.spots: list[tuple[int, Row]] = []
        """Where bars stand, and for what."""

    def show_way(self, network: Outline) -> None:
        """Show the way through this network; nothing where it has no maps."""
        table = network.table
        steps = []
        ends = [(row, "input_shape") for row in table.rows[:1]]  # what goes into the network
        leaves = network.leaves[:: max(1, len(network.leaves) // MOST)]
        ends += [(table.rows[place], "output_shape") for _, place in leaves]
        for row, key in ends:
            shape = table.cell(row, key).value
            if isinstance(shape, tuple) and len(shape) >= _FEWEST and isinstance(shape[-1], int):
                steps.append((shape[-1], row))
        grouped = groupby(steps, key=lambda step: step[0])
        self.runs = [(size, [row for _, row in rows]) for size, rows in grouped]
        self.set_class(not self.runs, "-empty")
        self.refresh()

    def mark(self, row: Row) -> None:
        """Mark the steps of the chosen row."""
        self.chosen = row
        self.refresh()

    def render(self) -> RenderResult:
        """The size of each run of maps, and its bars."""
        ascii = self.app.has_class("-ascii")
        levels = _HEIGHTS_IN_ASCII if ascii else _HEIGHTS
        largest = max((size for size, _ in self.runs), default=1)
        labels = sum(len(str(size)) + 2 for size, _ in self.runs)
        steps = sum(len(rows) for _, rows in self.runs)
        part = min(1.0, max(0, self.size.width - labels) / max(1, steps))
        pieces: list[tuple[str, str]] = []
        self.spots, at = [], 0
        for size, rows in self.runs:
            bars = max(1, int(len(rows) * part))
            pieces.append((f"{size} ", "$ink-muted"))
            at += len(str(size)) + 1
            level = levels[round((len(levels) - 1) * log2(max(1, size)) / max(1.0, log2(largest)))]
            marks = []
            for bar in range(bars):
                first, last = bar * len(rows) // bars, (bar + 1) * len(rows) // bars - 1
                marks.append(self._is_chosen(rows[first], rows[max(first, last)]))
                self.spots.append((at, rows[first]))
                at += 1
            for is_marked, alike in groupby(marks):
                style = "$ink-accent reverse" if is_marked else "$ink-bar"
                pieces.append((level * len(list(alike)), style))
            pieces.append((" ", ""))
            at += 1
        return Content.assemble(*pieces)

    def _is_chosen(self, first: Row, last: Row) -> bool:
        """Whether the chosen row is of one of these steps."""
        if self.chosen is None or "network" in (self.chosen.kind, first.kind):
            return False
        low, high = first.span[0], last.span[0]
        return any(start <= high and low <= end for start, end in self.chosen.spans)

    def on_click(self, event: events.Click) -> None:
        """Go to the step under the mouse."""
        offset = event.get_content_offset(self)
        found = next((row for at, row in self.spots if offset is not None and at == offset.x), None)
        if found is not None:
            self.post_message(self.Followed(found.span))
