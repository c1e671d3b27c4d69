"""What a page holds that explores a network: its tables, its figure, and every place in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.views import lessons
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.timing import on_card
from resnet_inspect.views.figures import parts
from resnet_inspect.views.figures.parts import Parts
from resnet_inspect.views.figures.shapes import Picture
from resnet_inspect.views.figures.signals import propagation
from resnet_inspect.views.lessons.page import Lesson
from resnet_inspect.views.pages.places import Places
from resnet_inspect.views.tables import VIEWS, signals, timing
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words import text

_WIDTH = 44
"""Columns of a card's drawings."""
_TABLES = ("layers", "blocks", "stages", "modules")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page shows when it is opened."""

    view: str = "layers"
    everything: bool = False
    """Whether norms, activations and every other step are shown too."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys of the columns to show, by view; the view's own where there are none."""
    where: str = ""
    """What stands in the filter."""


@dataclass(frozen=True)
class Explored(Places):
    """A network with all that a page shows of it, made when it is asked for."""

    selection: Selection = field(default_factory=lambda: Selection(everything=True))
    """Which rows the tables have."""

    timing: Timing | None = None
    """What its calls took, if that was measured."""
    signal: Signal | None = None
    """What flowed at its calls, if that was measured."""

    @property
    def model(self) -> str:
        """What the network is called."""
        return text.visible(self.survey.trace.model_name)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Its views as tables, with what was measured beside."""
        chosen = replace(self.selection, columns=())
        return {name: self._measured(name, VIEWS[name](self.survey, chosen)) for name in _TABLES}

    def _measured(self, name: str, table: Table) -> Table:
        if name == "modules":
            return table
        if self.timing is not None:
            table = timing.beside(self.timing, table)
        return table if self.signal is None else signals.beside(self.signal, table)

    @cached_property
    def figure(self) -> Parts:
        """Its figure, in parts that fold."""
        return parts.of_network(self.survey)

    @cached_property
    def plot(self) -> Picture | None:
        """How the signal propagates along its depth, if that was measured."""
        if self.signal is None or not self.signal.depth:
            return None
        return propagation([self.signal])

    def card(self, name: str) -> Card:
        """The card of a place, with what it took."""
        subject = self.places[name]
        made = card_of(self.survey, subject, _WIDTH)
        return made if self.timing is None else on_card(self.timing, subject, made)

    def lesson(self, name: str) -> Lesson:
        """The lesson of a place."""
        return lessons.lesson(self.survey, self.places[name], _WIDTH)

    def is_main(self, row: Row) -> bool:
        """Whether the usual selection of steps has this row, or it was asked for."""
        asked = self.selection.only or self.selection.match
        if asked or row.kind not in ("layer", "function") or not row.spans or row.span[0] < 0:
            return True
        return Selection().takes(self.survey.trace, self.survey.trace.calls[row.span[0]])


@dataclass(frozen=True)
class Page:
    """A network, or two side by side, as one page."""

    networks: tuple[Explored, ...]
    opened: Opened = field(default_factory=Opened)
    comparison: Table | None = None
    """Of two networks, what differs; its rows stand for places of both."""

    @property
    def title(self) -> str:
        """What the page is called."""
        return " against ".join(one.model for one in self.networks)

    @property
    def caption(self) -> str:
        """Model, input, device and versions, in one line."""
        return (self.comparison or self.networks[0].tables["layers"]).title

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why a network is not there to its end, a sentence for each that is not."""
        traces = (one.survey.trace for one in self.networks)
        failed = (sentence(trace) for trace in traces if trace.failure is not None)
        return tuple(text.visible(f"the forward pass raised: {said}") for said in failed)

    def beside(self, row: Row) -> tuple[int, int]:
        """The numbers of the places of both networks that a row of the comparison stands for."""
        sides = row, replace(row, spans=(row.other,))
        first, second = (
            self._numbers[side].get(one.place_of(of_side) or "", -1)
            for side, (one, of_side) in enumerate(zip(self.networks, sides, strict=True))
        )
        return first, second

    def is_news(self, row: Row) -> bool:
        """Whether a row of the comparison is a section of its own, or differs."""
        assert self.comparison is not None
        return row.level == 0 or self.comparison.cell(row, "change").text not in ("=", "")

    @cached_property
    def _numbers(self) -> list[dict[str, int]]:
        return [{name: n for n, name in enumerate(one.places)} for one in self.networks]
