"""The table that the options of a command ask for: of a trace, or of what a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resnet_inspect.cli.output.selection import columns_of, selection_of

if TYPE_CHECKING:
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.traces.json.codec import Saved
    from resnet_inspect.traces.model import Trace
    from resnet_inspect.views.tables.rows.selection import Selection
    from resnet_inspect.views.tables.table import Table


def tabulated(captured: Trace, options: Mapping[str, Any], selection: Selection) -> Table:
    """The view of a trace that the options ask for, with the total of another convention."""
    from resnet_inspect import pipeline

    return pipeline.tabulate(captured, options["view"], selection, count_as=options["count_as"])


def with_signals(found: Signal, options: Mapping[str, Any]) -> Table:
    """The view with what flowed, and its plot."""
    from resnet_inspect.views.figures.signals import plot_of
    from resnet_inspect.views.tables import signals
    from resnet_inspect.views.tables.conventions import with_convention

    selection = selection_of({**options, "columns": None})
    columns = columns_of(options["columns"], signals.shown(found, options["view"]))
    table = signals.view(found, options["view"], replace(selection, columns=columns))
    if options.get("count_as"):
        table = with_convention(table, found.survey, options["count_as"])
    return replace(table, figure=plot_of([found]))


def table_of(saved: Saved, options: Mapping[str, Any]) -> Table:
    """The view of what a file holds, with the signals of the last step where there are some."""
    from resnet_inspect.analysis.signals.signal import Signal
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.views.tables.signals import HELD

    if saved.steps and options["view"] in HELD:
        return with_signals(Signal(Survey(saved.trace), saved.steps[-1]), options)
    return tabulated(saved.trace, options, selection_of(options))
