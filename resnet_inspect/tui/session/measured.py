"""What was recorded of a network and stands beside its own columns: times, or what flowed.

What reads it is imported for the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.json.codec import Recorded
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject
from resnet_inspect.views.tables.table import Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.signals.run import Run
    from resnet_inspect.analysis.timing import Timing


@dataclass(frozen=True)
class Timed:
    """How long a network takes."""

    timing: Timing
    name: ClassVar = "measured"
    """Its chosen columns are kept under this and the view's name."""
    heat: ClassVar[str | None] = "time"
    """The column whose heat is shown at first."""
    title: ClassVar = ""

    def table(self, table: Table, columns: Sequence[str]) -> Table:
        """A table of calls with what was recorded; `columns` are those to show, if any were."""
        from resnet_inspect.views.tables.timing import beside

        return beside(self.timing, table, columns)

    def card(self, subject: Subject, card: Card, width: int, ascii: bool) -> Card:
        """A card with what was recorded of its subject."""
        from resnet_inspect.views.cards.timing import on_card

        return on_card(self.timing, subject, card)

    def dumps(self) -> str:
        """All of it and its trace, as `pipeline.load_saved` reads it."""
        return codec.dumps_measured([(self.timing.survey.trace, self.timing.measured)])


@dataclass(frozen=True)
class Flowing:
    """What flows through a network, in one step of a run."""

    run: Run
    at: int
    """Which of the recorded steps is shown, from 0."""
    name: ClassVar = "signals"
    heat: ClassVar[str | None] = None

    @property
    def title(self) -> str:
        """Which step of several is shown."""
        steps = self.run.steps
        return f"step {steps[self.at].step:,} ({self.at + 1} of {len(steps)})" if steps[1:] else ""

    def moved(self, by: int) -> Flowing:
        """The same at a step further on, or before; at most at the ends."""
        return replace(self, at=max(0, min(self.at + by, len(self.run.steps) - 1)))

    def table(self, table: Table, columns: Sequence[str]) -> Table:
        """As of `Timed`."""
        from resnet_inspect.views.tables.signals import beside

        return beside(self.run.signals[self.at], table, columns)

    def card(self, subject: Subject, card: Card, width: int, ascii: bool) -> Card:
        """As of `Timed`."""
        from resnet_inspect.views.cards.signals import on_card

        return on_card(self.run, self.at, subject, card, width, ascii=ascii)

    def dumps(self) -> str:
        """As of `Timed`."""
        return codec.dumps_signals((self.run.survey.trace, self.run.steps))


Beside = Timed | Flowing


def beside(survey: Survey, recorded: Recorded) -> Beside:
    """What was recorded, to be read beside the network's own columns; of a run, its last step."""
    if isinstance(recorded, Measurements):
        from resnet_inspect.analysis.timing import Timing

        return Timed(Timing(survey, recorded))
    from resnet_inspect.analysis.signals.run import Run

    return Flowing(Run(survey, recorded), len(recorded) - 1)
