"""What a page holds that explores a network: its tables, its figure, and every place in it.

A place is what can be chosen: a call, a block, a stage, an end or the network. It has a name of its
own, which the page's address holds, and a card. Of identical blocks the first one has the lessons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.signals import Signal
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph import nodes, repeats
from resnet_inspect.analysis.structure.graph.nodes import Node
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.views import lessons
from resnet_inspect.views.cards import card_of, entries
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import Subject, first_of, subject_at
from resnet_inspect.views.cards.timing import on_card
from resnet_inspect.views.figures import parts
from resnet_inspect.views.figures.parts import Parts
from resnet_inspect.views.figures.shapes import Picture
from resnet_inspect.views.figures.signals import propagation
from resnet_inspect.views.lessons.page import Lesson
from resnet_inspect.views.tables import VIEWS, signals, timing
from resnet_inspect.views.tables.rows.sections import sections
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
class Explored:
    """A network with all that a page shows of it, made when it is asked for."""

    survey: Survey
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

    @cached_property
    def places(self) -> dict[str, Subject]:
        """Every place by its name, in the order of execution, an outer one before those in it."""
        found: dict[str, Subject] = {}
        for subject in self._subjects():
            name = plain = self._plain_name(subject)
            number = 1
            while name in found:
                number += 1
                name = f"{plain} ({number})"
            found[name] = subject
        return found

    @cached_property
    def names(self) -> Mapping[Subject, str]:
        """The name of each place."""
        return {subject: name for name, subject in self.places.items()}

    def name_of(self, subject: Subject) -> str:
        """The name of the place that a card's entry leads to; "" for none."""
        if isinstance(subject, int):
            subject = subject_at(self.survey, subject)
        return self.names.get(subject, "")

    def card(self, name: str) -> Card:
        """The card of a place, with what it took."""
        subject = self.places[name]
        made = card_of(self.survey, subject, _WIDTH)
        return made if self.timing is None else on_card(self.timing, subject, made)

    def lesson(self, name: str) -> Lesson:
        """The lesson of a place."""
        return lessons.lesson(self.survey, self.places[name], _WIDTH)

    def like(self, name: str) -> str:
        """The place that has the lesson: itself, or the same one of the first identical block."""
        return self._first_alike.get(name, name)

    def spans(self, name: str) -> Spans:
        """The runs of calls that a place stands for."""
        subject = self.places[name]
        if isinstance(subject, int):
            return ((subject, self.survey.trace.last_descendant[subject]),)
        if isinstance(subject, Block | Stage):
            return tuple((one.first, one.last) for one in subject.every_run)
        return ((0, len(self.survey.trace.calls) - 1),) if subject == "network" else self._ends.get(
            subject, ()
        )  # fmt: skip

    def place_of(self, row: Row) -> str | None:
        """The name of the place that a row stands for; None for what is left over."""
        if not row.spans or row.span[0] < 0:
            return None
        if row.kind in self._ends:
            return self.names.get("stem" if row.kind == "stem" else "head")
        return self.names.get(self._of_section.get((row.kind, row.span[0]))
                              or subject_at(self.survey, row.span[0]))  # fmt: skip

    def is_main(self, row: Row) -> bool:
        """Whether the usual selection of steps has this row, or it was asked for."""
        asked = self.selection.only or self.selection.match
        if asked or row.kind not in ("layer", "function") or not row.spans or row.span[0] < 0:
            return True
        return Selection().takes(self.survey.trace, self.survey.trace.calls[row.span[0]])

    def place_of_node(self, node: Node) -> str | None:
        """The name of the place that a box of the figure stands for."""
        subject: Subject | None = None
        if node.kind == "stage":
            subject = node.stage
        elif node.kind == "branch":
            subject = node.block
        elif node.call is not None:
            subject = subject_at(self.survey, node.call)
        elif node.steps:
            calls = self.survey.trace.calls
            main = [step for step in node.steps if not nodes.follows(calls[step].op)]
            subject = (main or node.steps)[0]
        elif node.kind in ("input", "output"):
            subject = "network"
        return None if subject is None else self.names.get(subject)

    @cached_property
    def _ends(self) -> dict[str, Spans]:
        lines = sections(self.survey, blocks=False)
        return {line.kind: line.spans for line in lines if line.kind in ("stem", "head")}

    @cached_property
    def _of_section(self) -> dict[tuple[str, int], Subject]:
        """Stages and blocks by the kind of their row and the first call of each of their runs."""
        stages = self.survey.anatomy.stages
        found: dict[tuple[str, int], Subject] = {}
        for stage in stages:
            found.update({("stage", run.first): stage for run in stage.every_run})
            for block in stage.blocks:
                found.update({("block", run.first): block for run in block.every_run})
        return found

    def _subjects(self) -> Iterator[Subject]:
        found: dict[Subject, None] = {"network": None}
        found.update(dict.fromkeys(self._of_section.values()))
        for call in self.survey.trace.calls[1:]:
            found.setdefault(subject_at(self.survey, call.index))
        ends: list[Subject] = [end for end in ("stem", "head") if end in self._ends]
        found.update(dict.fromkeys(ends))
        yield from sorted(found, key=lambda one: (first_of(self.survey, one), isinstance(one, int)))

    def _plain_name(self, subject: Subject) -> str:
        if isinstance(subject, int):
            return entries.name(self.survey, self.survey.trace.calls[subject])
        if isinstance(subject, str):  # a module that is called "stem" has its path as a name
            return f"the {subject}" if subject in self.survey.trace.calls_at else subject
        number = (
            f"stage {subject.number}"
            if isinstance(subject, Stage)
            else f"block {self.survey.anatomy.blocks.index(subject) + 1}"
        )
        return text.visible(subject.path) or number

    @cached_property
    def _first_alike(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for stage in self.survey.anatomy.stages:
            for first, *others in repeats.runs(self.survey.trace, stage):
                for block in others:
                    if block.last - block.first != first.last - first.first:
                        continue
                    found[self.names[block]] = self.names[first]
                    for step in range(block.first, block.last + 1):
                        other = self.names.get(step - block.first + first.first)
                        if step in self.names and other is not None:
                            found[self.names[step]] = other
        return found


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
