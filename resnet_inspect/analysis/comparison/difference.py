"""The difference of two networks, as a value: what is the same, what changed, what only one has.

`resnet_inspect.analysis.comparison.networks` makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from resnet_inspect.analysis.comparison.items import Lane
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.analysis.structure.net_effect import NetEffect
from resnet_inspect.analysis.structure.survey import Survey

Kind = Literal["same", "changed", "only left", "only right"]
Role = Literal["stem", "stage", "block", "head", "steps"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same on both sides."""

    part: str
    """"op", a field of an op or window ("stride"), "input_shape", "parameters", "takes", ..."""
    left: object
    right: object
    follows: bool = False
    """Whether it follows from another change, of this layer or of one before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of the left network with the step of the right one that has its role."""

    kind: Kind
    lane: Lane
    """Where it stands in its block; "" outside of blocks."""
    left: int | None
    """Index of the call on the left; None if there is none."""
    right: int | None
    changes: tuple[Change, ...]
    left_amounts: Amounts
    right_amounts: Amounts

    @property
    def itself(self) -> bool:
        """Whether the step itself is another one, rather than only what goes through it."""
        return self.kind in {"only left", "only right"} or any(not c.follows for c in self.changes)


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a section."""

    path: str
    """The module that holds it; "" where none does."""
    of: Stage | Block | None
    """What the anatomy says of it; None for a stem, a head or all steps."""
    amounts: Amounts
    """What its steps hold and do."""
    effect: NetEffect | None = None
    """What a stage did to its feature map; None for what is no stage, or if it is not known."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stem, stage, block or head with the one of the other network; or all steps."""

    role: Role
    number: int
    """Of its stage, counted from 1; 0 outside of stages."""
    kind: Kind
    left: Part | None
    right: Part | None
    changes: tuple[Change, ...]
    """Of the section as a whole; they all follow from those of its steps."""
    entries: tuple[Entry, ...]
    """Its own steps; a stage has them in its blocks."""
    sections: tuple[Section, ...]
    """The blocks of a stage."""

    @property
    def inside(self) -> tuple[Section | Entry, ...]:
        """Its own steps, and the blocks of a stage."""
        return (*self.entries, *self.sections)

    def every_entry(self) -> Iterator[Entry]:
        """The entries of this section and of those in it."""
        yield from self.entries
        for section in self.sections:
            yield from section.every_entry()


@dataclass(frozen=True, slots=True)
class Figure:
    """A total of both networks."""

    key: str
    """As in the totals of a network: "parameters", "macs", "receptive_field"."""
    left: Any
    """A number, a tuple of numbers, or None if it is not known."""
    right: Any

    @property
    def difference(self) -> int | float | None:
        """Right minus left; None where they are no numbers."""
        if isinstance(self.left, int | float) and isinstance(self.right, int | float):
            return self.right - self.left
        return None

    @property
    def ratio(self) -> float | None:
        """Right over left; None where there is none."""
        if self.difference is None or not self.left:
            return None
        return float(self.right / self.left)


@dataclass(frozen=True)
class Difference:
    """Two networks, aligned."""

    left: Survey
    right: Survey
    changes: tuple[Change, ...]
    """Of the network as a whole: what it is given and returns, and whether it raised."""
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every step of either network, once."""
        return tuple(entry for section in self.sections for entry in section.every_entry())

    @cached_property
    def edits(self) -> tuple[Section | Entry, ...]:
        """What was done to get from left to right: no more than needed to explain the rest.

        A section that only one network has is one edit, and so is a step that is another one.
        """
        return tuple(edit for section in self.sections for edit in _edits(section))

    def path_of(self, entry: Entry, side: int) -> str:
        """The path of a step on the left (0) or the right (1); "" where it is not there."""
        index = (entry.left, entry.right)[side]
        trace = (self.left, self.right)[side].trace
        return "" if index is None else trace.calls[index].path

    @cached_property
    def figure(self) -> dict[str, Figure]:
        """The figures by key."""
        return {figure.key: figure for figure in self.figures}

    @cached_property
    def equal(self) -> bool:
        """Whether the networks are the same but for their names and how they were captured."""
        return (
            not self.changes
            and all(section.kind == "same" for section in self.sections)
            and all(
                self.figure[key].left == self.figure[key].right
                for key in ("parameters", "trainable", "buffers", "parameter_bytes", "buffer_bytes")
            )
        )


def _edits(section: Section) -> Iterator[Section | Entry]:
    if section.kind in {"only left", "only right"}:
        yield section
        return
    yield from (entry for entry in section.entries if entry.itself)
    for inner in section.sections:
        yield from _edits(inner)
