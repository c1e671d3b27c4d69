"""What Python gets: a trace that can be asked, shown and written down.

`Trace` stands on the ground floor and knows of no view. An `Inspection` is a trace that does: it
adds questions and outputs and nothing that is saved, so it equals the trace it was made from. What
answers a question is loaded when it is asked: most programs want a table of a trace and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import resnet_inspect
from resnet_inspect.analysis.structure.survey import Survey, Totals
from resnet_inspect.errors import UnknownName
from resnet_inspect.files import write_all
from resnet_inspect.formats import FORMATS
from resnet_inspect.formats import render as write_format
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.text import Value

if TYPE_CHECKING:
    from resnet_inspect.analysis.conventions import Counted
    from resnet_inspect.analysis.cost.memory import Optimizer
    from resnet_inspect.analysis.structure.graph.nodes import Level
    from resnet_inspect.answers.figures import Drawing
    from resnet_inspect.answers.lessons import Explanation
    from resnet_inspect.answers.pages import Exploration
    from resnet_inspect.answers.tables import Answer, Rows
    from resnet_inspect.views.figures.layout import Direction


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(Trace):
    """A trace, with what can be asked of it and the ways to write it down.

    Everything is computed when it is first asked for, once. In a notebook it is a table.
    """

    @classmethod
    def of(cls, trace: Trace) -> Inspection:
        """The inspection of a trace; of an inspection, itself."""
        if isinstance(trace, cls):
            return trace
        return cls(**{field.name: getattr(trace, field.name) for field in fields(trace)})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        names = [field.name for field in fields(Trace)]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = Trace.__hash__

    @cached_property
    def survey(self) -> Survey:
        """Everything analysed of the trace: anatomy, MACs, parameters, receptive fields."""
        return Survey(self)

    # -- questions -------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> Rows:
        """A row for every step, modules and functions alike, in order.

        Amounts of the rows add up to the totals: parameters that no step uses are a last row.
        """
        every = self.table("layers", Selection(everything=True))
        return tuple(every.values(row) for row in every.rows if not row.subtotal)

    @cached_property
    def blocks(self) -> Rows:
        """A row for each residual block; none where the network has none."""
        return self._of_kind("block", "blocks")

    @cached_property
    def stages(self) -> Rows:
        """A row for each stage: a run of blocks of one output shape; none without blocks."""
        return self._of_kind("stage", "stages")

    @property
    def totals(self) -> Totals:
        """What the whole network has and needs: `totals.parameters.total`, `totals.macs`, ..."""
        return self.survey.totals

    def __getitem__(self, name: str | tuple[str, int]) -> dict[str, Value]:
        """The row of a layer by its path, or of a part by its name, as a dict by column key.

        `t["layer1.0.conv1"]`, `t["layer2.0"]` (a block), `t["stage 2"]`, `t["stem"]`, and any other
        module with all that is in it; of a layer that runs several times the first call, or
        another: `t["layer1.0.relu", 2]`; the totals are `t["network"]`. Raises `UnknownName` with
        the nearest names, `UsageError` for what was not called.
        """
        from resnet_inspect.views.cards import subjects
        from resnet_inspect.views.tables import assembly
        from resnet_inspect.views.tables.rows.sections import call_line

        path, nth = (name, None) if isinstance(name, str) else name
        subject = subjects.find(self.survey, path, nth)
        if subject == "network":
            return {total.key: total.cell.value for total in self.table("totals").totals}
        kind, first = subjects.kind_of(subject), subjects.first_of(self.survey, subject)
        every = self.table("layers", Selection(everything=True))
        for row in every.rows:
            is_it = row.kind == kind if row.subtotal else kind == "call"
            if is_it and row.span[0] == first:
                return every.values(row)
        line = call_line(self.survey, self.calls[first])
        whole = assembly.table(self.survey, "layers", [line], ())
        return whole.values(whole.rows[0])

    # -- answers ---------------------------------------------------------------------------------

    def explain(self, path: str = "", *, nth: int | None = None, width: int = 72) -> Explanation:
        """What a layer, a block, a stage or the network teaches, in sentences with its numbers.

        `path` is a name that a trace gives, "layer2.0.conv2", or a part: "stem", "stage 2",
        "block 5", "head"; without it the network. `nth` is which call, where a layer runs often;
        drawings take `width` columns. Raises as `t[path]` does.
        """
        from resnet_inspect.answers.lessons import Explanation
        from resnet_inspect.views.cards import subjects
        from resnet_inspect.views.lessons import lesson

        return Explanation(lesson(self.survey, subjects.find(self.survey, path, nth), width))

    def diff(self, other: Trace, selection: Selection | None = None) -> Answer:
        """What differs between this network and another: in words, in totals, layer by layer.

        What is marked ~ changed, - is only in this, + only in the other; `summary` is the words.
        """
        from resnet_inspect.analysis.comparison.networks import compare
        from resnet_inspect.answers.tables import Answer
        from resnet_inspect.views.tables.comparison import networks

        found = compare(self.survey, Inspection.of(other).survey)
        return Answer(networks.view(found, selection, brief=True))

    def cost(
        self, optimizer: Optimizer = "sgd", *, memory: int | None = None, freeze: str = ""
    ) -> Answer:
        """What it needs to run and to be trained, for the traced input: bytes and MACs.

        `optimizer` is "sgd", "momentum", "adam" or "adamw"; with `memory` in bytes the largest
        batches that fit; with `freeze` as if these parts wanted no gradient: "stem,stage 1-3". It
        is the model that the remarks state. Raises `UnknownName` for a part that is not there.
        """
        from resnet_inspect.answers.costs import costs

        return costs([self.survey], optimizer, memory, freeze)

    def verify(self, against: str = "") -> Answer:
        """What others say of its figures: it is built and run anew, by its name.

        With `against`, the name of another network, the remarks say too whether both compute the
        same. Raises `BadInput` for the trace of a module, which is not kept.
        """
        return resnet_inspect.verify(self, against=against)

    def taps(self) -> Answer:
        """The feature maps that a U-Net, an FPN or a detector would take: one for each stride."""
        from resnet_inspect.answers.tables import Answer
        from resnet_inspect.views.tables import taps

        return Answer(taps.view(self.survey))

    def draw(
        self,
        kind: str = "",
        of: str = "",
        *,
        level: Level = "block",
        unfold: bool = False,
        direction: Direction = "down",
        theme: str | None = None,
    ) -> Drawing:
        """The network as a figure; or, by `kind`, one of `FIGURES`: "block" of a path, "bars".

        A box is a stage, a block or a layer (`level`); identical blocks in a row are one box
        unless `unfold`. The main path runs "down" or "right".

        Raises `UnknownName` for a kind or path that is not there, `UsageError` for a figure that
        could not be read.
        """
        from resnet_inspect.answers.figures import Drawing
        from resnet_inspect.views.figures import FIGURES, graph

        if not kind:
            figure = graph.network(self.survey, level, not unfold)
            return Drawing(figure, direction, theme)
        if kind not in FIGURES:
            raise UnknownName("figure", kind, FIGURES, see=f"known: {', '.join(FIGURES)}")
        return Drawing(FIGURES[kind].make(self.survey, of), direction, theme)

    def explore(self, against: Trace | None = None, *, height: int = 640) -> Exploration:
        """The network as a page to be explored, beside another one if one is given.

        In a notebook it stands in a frame of so many pixels; `save` writes it to a file.
        """
        from resnet_inspect.answers.pages import exploration
        from resnet_inspect.views.pages import Explored

        others = [] if against is None else [Inspection.of(against)]
        return exploration([Explored(one.survey) for one in (self, *others)], height=height)

    def counted_as(self, convention: str) -> Counted:
        """The multiply-accumulates as "torchinfo", "fvcore", "thop" or the "paper" count them.

        It says what makes the difference to `totals.macs`. Raises `UnknownName` for another word.
        """
        from resnet_inspect.analysis.conventions import counted

        return counted(self.survey, convention)

    def _of_kind(self, kind: str, view: str) -> Rows:
        table = self.table(view)
        return tuple(table.values(row) for row in table.rows if row.kind == kind)

    # -- written down ----------------------------------------------------------------------------

    def table(
        self,
        view: str = "layers",
        selection: Selection | None = None,
        *,
        count_as: str | None = None,
    ) -> Table:
        """A view as a table of cells, each with its value and its text; in a notebook it shows.

        With `count_as`, the total of another convention stands beside ours. Raises `UnknownName`
        for a view, column or convention that is not there, `BadInput` for a selection that cannot
        be.
        """
        from resnet_inspect.answers.tables import Shown

        if view not in VIEWS:
            raise UnknownName("view", view, VIEWS, see=f"known: {', '.join(VIEWS)}")
        made = VIEWS[view](self.survey, selection or Selection())
        if count_as is not None:
            from resnet_inspect.views.tables.conventions import with_convention

            made = with_convention(made, self.survey, count_as)
        return Shown.of(made)

    def render(
        self, view: str = "layers", format: str = "text", selection: Selection | None = None
    ) -> str:
        """A view written down in a format of `FORMATS`: "text", "md", "csv", ...

        Raises what `table` does, and `UnknownName` for a format that is not there.
        """
        if format not in FORMATS:
            raise UnknownName("format", format, FORMATS, see=f"known: {', '.join(FORMATS)}")
        return write_format(self.table(view, selection), format)

    def to_text(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as plain text at its natural width."""
        return self.render(view, "text", selection)

    def to_markdown(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as a Markdown table."""
        return self.render(view, "md", selection)

    def to_csv(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as comma-separated values, numbers unrounded."""
        return self.render(view, "csv", selection)

    def to_json(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as JSON with every column; the trace itself is what `save` writes."""
        return self.render(view, "json", selection)

    def to_html(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as one HTML page that needs nothing else."""
        return self.render(view, "html", selection)

    def to_latex(self, view: str = "layers", selection: Selection | None = None) -> str:
        """A view as a LaTeX table."""
        return self.render(view, "latex", selection)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the whole trace as JSON, at once or not at all; `resnet_inspect.load` reads it.

        Raises `OutputError` if the file exists and is not to be overwritten, or cannot be written.
        """
        write_all({Path(path): codec.dumps(self)}, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.table('totals').title}>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """The layers as a piece of HTML, for notebooks."""
        from resnet_inspect.formats.html import fragment

        return fragment(self.table())
