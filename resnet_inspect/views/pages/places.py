"""The places of a network: what can be chosen in it, each by a name of its own.

A place is a call, a block, a stage, an end or the network. It has a name of its own, which a page's
address holds, and a card. Of identical blocks the first one has the lessons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.graph import nodes, repeats
from resnet_inspect.analysis.structure.graph.nodes import Node
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.subjects import Subject, first_of, subject_at
from resnet_inspect.views.tables.rows.sections import sections
from resnet_inspect.views.tables.table import Row
from resnet_inspect.views.words import text


@dataclass(frozen=True)
class Places:
    """A network with the names of its places."""

    survey: Survey

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
