"""Tables: lines become rows of cells, in columns. A view is a table of one trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.assembly import Widen
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.tables.trace import blocks, layers, modules, stages, totals


@dataclass(frozen=True, slots=True)
class View:
    """A way to lay out a trace as a table."""

    table: Callable[..., Table]
    """From a survey and a selection; and what widens a table, where something was measured."""
    shown: tuple[str, ...]
    """The columns that it shows unless it is told otherwise."""
    heeds: frozenset[str] = frozenset()
    """The fields of a selection, beside its columns, that it has a use for."""

    def __call__(self, survey: Survey, selection: Selection, beside: Widen | None = None) -> Table:
        """The table of a trace, of which `where` may name what `beside` sets beside it."""
        if beside is None:
            return self.table(survey, selection)
        return self.table(survey, selection, beside)


VIEWS: dict[str, View] = {
    "layers": View(layers.view, layers.SHOWN, layers.HEEDS),
    "blocks": View(blocks.view, blocks.SHOWN, blocks.HEEDS),
    "stages": View(stages.view, stages.SHOWN, stages.HEEDS),
    "modules": View(modules.view, modules.SHOWN, modules.HEEDS),
    "totals": View(totals.view, totals.SHOWN),
}
"""Every view by its name; the command line offers these."""
