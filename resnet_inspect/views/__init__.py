"""Floor 2: a trace laid out as cells. Here, and nowhere else, a number becomes text."""

from __future__ import annotations

from collections.abc import Callable

from resnet_inspect.analysis.survey import Survey
from resnet_inspect.views import blocks, layers, modules, stages, totals
from resnet_inspect.views.selection import Selection
from resnet_inspect.views.table import Table

View = Callable[[Survey, Selection], Table]

VIEWS: dict[str, View] = {
    "layers": layers.view,
    "blocks": blocks.view,
    "stages": stages.view,
    "modules": modules.view,
    "totals": totals.view,
}
"""Every view by its name; the command line offers these."""

SHOWN: dict[str, tuple[str, ...]] = {
    "layers": layers.SHOWN,
    "blocks": blocks.SHOWN,
    "stages": stages.SHOWN,
    "modules": modules.SHOWN,
    "totals": totals.SHOWN,
}
"""The columns that each view shows unless it is told otherwise."""
