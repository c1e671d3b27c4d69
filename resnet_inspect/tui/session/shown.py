"""What is shown, and through which view, with which steps and columns it is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.tui.session.request import Request
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection

if TYPE_CHECKING:
    from resnet_inspect.analysis.timing import Timing

OF_CALLS = frozenset({"layers", "blocks", "stages"})
"""The views whose rows stand for calls, which is what is measured."""


@dataclass(frozen=True)
class Shown:
    """A request and what came of it."""

    request: Request
    survey: Survey
    timing: Timing | None = None
    """What was measured of it, if it was."""

    @classmethod
    def of(cls, request: Request, trace: Trace, measured: Measurements | None) -> Shown:
        """What comes of a request whose trace, and measurements if there are any, are these."""
        shown = cls(request.as_run(trace, measured), Survey(trace))
        return shown if measured is None else shown.timed(measured)

    def timed(self, measured: Measurements) -> Shown:
        """The same with what was measured; what reads that is imported for the first one."""
        from resnet_inspect.analysis.timing import Timing

        return replace(self, timing=Timing(self.survey, measured))


@dataclass
class Perspective:
    """How a network is looked at, whichever it is."""

    view: str = "layers"
    selection: Selection = field(default_factory=Selection)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns that were chosen, by `columns_name`."""

    def columns_name(self, is_timed: bool) -> str:
        """What chosen columns are kept under: a measured network has others beside its own."""
        return f"measured {self.view}" if is_timed and self.view in OF_CALLS else self.view

    def chosen_columns(self, is_timed: bool) -> tuple[str, ...]:
        """The columns that were chosen for what is shown; none for the view's own."""
        return self.columns.get(self.columns_name(is_timed), ())

    def selected(self, *, is_timed: bool, is_compared: bool) -> Selection:
        """The steps and columns that are shown."""
        columns = self.chosen_columns(is_timed)
        if is_compared:
            columns = ()  # those of a comparison are others, and fixed
        elif self.columns_name(is_timed) == self.view:
            columns = tuple(key for key in columns if key in COLUMNS)
        return replace(self.selection, columns=columns)
