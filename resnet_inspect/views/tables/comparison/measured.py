"""Two networks side by side, with whatever was measured of either: signals, or else times."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.comparison.difference import Difference
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.comparison.signals import SignalComparison
from resnet_inspect.analysis.comparison.timing import TimingComparison
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.traces.json.codec import Saved
from resnet_inspect.views.tables.comparison import headings, networks, signals, timing
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table


@dataclass(frozen=True)
class Compared:
    """What differs, and what was measured of the left and of the right network."""

    difference: Difference
    timings: tuple[Timing | None, Timing | None] = (None, None)
    signals: tuple[Signal | None, Signal | None] = (None, None)

    @classmethod
    def of(cls, left: Saved, right: Saved) -> Compared:
        """Two traces, with the times and the last step that were saved beside them."""
        first, second = Survey(left.trace), Survey(right.trace)
        return cls(
            compare(first, second),
            (_timing(first, left), _timing(second, right)),
            (_signal(first, left), _signal(second, right)),
        )

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that are shown where none are chosen."""
        if any(self.signals):
            return signals.SHOWN
        return timing.shown(self._timed) if any(self.timings) else headings.SHOWN

    def view(
        self, selection: Selection | None = None, *, unfold: bool = False, brief: bool = False
    ) -> Table:
        """The table, as `networks.view` makes it; raises `UnknownName` for an unknown column."""
        if any(self.signals):
            found = SignalComparison(self.difference, *self.signals)
            return signals.view(found, selection, unfold=unfold, brief=brief)
        if any(self.timings):
            return timing.view(self._timed, selection, unfold=unfold, brief=brief)
        return networks.view(self.difference, selection, unfold=unfold, brief=brief)

    @property
    def _timed(self) -> TimingComparison:
        return TimingComparison(self.difference, *self.timings)


def _timing(survey: Survey, saved: Saved) -> Timing | None:
    return None if saved.measured is None else Timing(survey, saved.measured)


def _signal(survey: Survey, saved: Saved) -> Signal | None:
    return Signal(survey, saved.steps[-1]) if saved.steps else None
