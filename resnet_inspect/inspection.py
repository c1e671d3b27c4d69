"""What Python gets: a trace that can be asked, shown and written down.

`Trace` stands on the ground floor and knows of no view. An `Inspection` is a trace that does: it
adds questions and outputs and nothing that is saved, so it equals the trace it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from resnet_inspect.analysis.conventions import Counted, counted
from resnet_inspect.analysis.structure.survey import Survey, Totals
from resnet_inspect.errors import UnknownName, WorkFailed
from resnet_inspect.files import write_all
from resnet_inspect.formats import FORMATS
from resnet_inspect.formats import render as write_format
from resnet_inspect.traces import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.conventions import with_convention
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.text import Value

Rows = tuple[dict[str, Value], ...]
"""Rows as plain values by column key, the same as in the JSON format."""


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

    def counted_as(self, convention: str) -> Counted:
        """The multiply-accumulates as "torchinfo", "fvcore", "thop" or the "paper" count them.

        It says what makes the difference to `totals.macs`. Raises `UnknownName` for another word.
        """
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
        """A view as a table of cells, each with its value and its text.

        With `count_as`, the total of another convention stands beside ours. Raises `UnknownName`
        for a view, column or convention that is not there, `BadInput` for a selection that cannot
        be.
        """
        if view not in VIEWS:
            raise UnknownName("view", view, VIEWS, see=f"known: {', '.join(VIEWS)}")
        made = VIEWS[view](self.survey, selection or Selection())
        return made if count_as is None else with_convention(made, self.survey, count_as)

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


class Watch:
    """What `resnet_inspect.watch` has seen so far; it grows while the watched program runs."""

    def __init__(self, model_name: str) -> None:
        self._model_name = model_name
        self._traces: list[Inspection] = []

    def take(self, trace: Trace) -> None:
        """Add the trace of a forward that has ended."""
        self._traces.append(Inspection.of(trace))

    @property
    def traces(self) -> tuple[Inspection, ...]:
        """Every forward recorded, in order; one that raised has a `failure`."""
        return tuple(self._traces)

    @property
    def trace(self) -> Inspection:
        """The first forward that came to its end; if none did, the first.

        Raises `WorkFailed` if the model has not been called.
        """
        if not self._traces:
            raise WorkFailed(
                f"{self._model_name} has not been called while it was watched",
                hint="call the module itself: model(x); model.forward(x) runs past its hooks",
            )
        return next((t for t in self._traces if t.failure is None), self._traces[0])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._model_name}, {len(self._traces)} recorded>"
