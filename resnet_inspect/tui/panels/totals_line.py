"""The line of totals above the keys; for two networks, a second one that says how they differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from resnet_inspect.formats.text.cells import cells
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words import text

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference

WORDS = {
    "parameters": "params",
    "macs": "MACs",
    "activation_bytes": "activations written",
    "receptive_field": "receptive field",
    "blocks": "blocks",
}
"""The totals that are shown, the most wanted first, and what they are called in little room."""


class TotalsLine(Widget):
    """The network's totals, or those of both networks: as many as there is room for, none cut."""

    table: Table | None = None
    before: Table | None = None
    """What the totals are set against."""
    difference: Difference | None = None

    def show_totals(self, table: Table, difference: Difference | None) -> None:
        """Show the totals of a table; of a difference, also its summary in words."""
        self.table, self.difference = table, difference
        self.set_class(difference is not None, "-two")
        self.refresh()

    def render(self) -> RenderResult:
        """What fits, with how many remarks there are; below it how two networks differ."""
        if self.table is None:
            return Content("")
        lines = [self._totals(self.table)]
        if self.difference is not None:
            from resnet_inspect.views.words.comparison.summary import summary

            lines.append(self._fitting(summary(self.difference)))
        return Content("\n".join(lines))

    def _totals(self, table: Table) -> str:
        totals = {total.key: total.cell.text for total in table.totals}
        was = self.before.totals if self.before and self.before.model == table.model else ()
        before = {total.key: total.cell.text for total in was}
        parts = [
            _named(totals[key], word, before.get(key, totals[key]))
            for key, word in WORDS.items()
            if key in totals
        ]
        if table.remarks and self.difference is None:
            parts.insert(2, text.count(len(table.remarks), "remark"))
        if totals.get("loss"):
            parts.insert(0, f"loss {totals['loss']}")
        if "whole_time" in totals:
            machine = text.visible(str(dict(table.provenance)["machine"]))
            forward = f"{totals['whole_time']} forward"
            where = f"{forward} on {machine}"
            parts.insert(0, where if cells(where) <= self.size.width // 2 else forward)
        return self._fitting(parts)

    def _fitting(self, parts: Iterable[str]) -> str:
        """As many of these as there is room for; the first in any case."""
        line = ""
        for part in parts:
            longer = f"{line} · {part}" if line else part
            if line and cells(longer) > self.size.width:
                break
            line = longer
        return line


def _named(written: str, word: str, before: str) -> str:
    """A number with its word, and what it was: 4,089 MACs, 10,656 MACs (partial), 1 → 2 MACs."""
    number, sign, reserve = written.partition(" (")
    was = "" if before == written else f"{before.partition(' (')[0]} → "
    return f"{was}{number} {word}{sign}{reserve}"
