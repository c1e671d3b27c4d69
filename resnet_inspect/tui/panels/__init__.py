"""The panes of the explorer, a module each, and what they are made of."""

from __future__ import annotations

from textual.widget import Widget

from resnet_inspect.tui.panels.cards.card import CardPanel
from resnet_inspect.tui.panels.network_tree import NetworkTree
from resnet_inspect.tui.panels.table.trace_table import TraceTable

PANELS: dict[str, type[Widget]] = {
    "tree": NetworkTree,
    "table": TraceTable,
    "card": CardPanel,
}
"""The panes by their names, in the order of their keys, which are 1, 2, 3.

The first stands on the left, the second in the middle, all others on the right. What is looked at
is `Workbench.about`, which a pane can watch.
"""
