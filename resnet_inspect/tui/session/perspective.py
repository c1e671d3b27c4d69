"""What is shown, and through which view, with which steps and columns it is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.json.codec import Recorded
from resnet_inspect.traces.model import Trace
from resnet_inspect.tui.session.measured import Beside, beside
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.run import Training
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection

OF_CALLS = frozenset({"layers", "blocks", "stages"})
"""The views whose rows stand for calls, which is what is measured."""


@dataclass(frozen=True)
class Shown:
    """A request and what came of it."""

    request: Request
    survey: Survey
    beside: Beside | None = None
    """What was recorded of it, if anything was."""
    training: Training | None = None
    """Of a run's folder, how the training is now."""

    @classmethod
    def of(cls, request: Request, trace: Trace, recorded: Recorded | None) -> Shown:
        """What comes of a request whose trace, and what was recorded, if anything, are these."""
        survey = Survey(trace)
        found = None if recorded is None else beside(survey, recorded)
        return cls(request.as_run(trace, recorded), survey, found)

    @property
    def title(self) -> str:
        """The request's, with how far a run has come and its step that is shown."""
        step = "" if self.beside is None else self.beside.title
        if self.training is not None:
            parts = (self.request.model, self.training.title, step, self.request.path)
            return " · ".join(filter(None, parts))
        return " · ".join(filter(None, (self.request.title, step)))


@dataclass
class Perspective:
    """How a network is looked at, whichever it is."""

    view: str = "layers"
    selection: Selection = field(default_factory=Selection)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns that were chosen, by `columns_name`."""

    def columns_name(self, beside: Beside | None) -> str:
        """What chosen columns are kept under: what was recorded has others beside the view's."""
        return f"{beside.name} {self.view}" if beside and self.view in OF_CALLS else self.view

    def chosen_columns(self, beside: Beside | None) -> tuple[str, ...]:
        """The columns that were chosen for what is shown; none for the view's own."""
        return self.columns.get(self.columns_name(beside), ())

    def selected(self, beside: Beside | None, *, is_compared: bool) -> Selection:
        """The steps and columns that are shown."""
        columns = self.chosen_columns(beside)
        if is_compared:
            columns = ()  # those of a comparison are others, and fixed
        elif self.columns_name(beside) == self.view:
            columns = tuple(key for key in columns if key in COLUMNS)
        return replace(self.selection, columns=columns)
