"""The line of totals above the keys; for two networks, a second one that says how they differ."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from resnet_inspect.analysis.difference import Difference
from resnet_inspect.views import differences, text
from resnet_inspect.views.table import Table

SHOWN = ("parameters", "macs", "activation_bytes", "receptive_field", "blocks")
"""Keys of the totals that there is room for."""


class TotalsLine(Static):
    """The network's totals, or those of both networks."""

    def show_totals(self, table: Table, difference: Difference | None) -> None:
        """Show the totals of a table; of a difference, also its summary in words."""
        parts = [f"{t.cell.text} {t.label}" for t in table.totals if t.key in SHOWN]
        if table.remarks and difference is None:
            parts.append(text.count(len(table.remarks), "remark"))
        lines = [" · ".join(parts)]
        if difference is not None:
            lines.append(" · ".join(differences.summary(difference)))
        self.set_class(difference is not None, "-two")
        self.update(Content("\n".join(lines)))
