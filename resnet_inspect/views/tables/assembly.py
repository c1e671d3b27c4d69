"""Lines -> a table: the cells, the totals, the remarks. Every view ends here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import overload

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.counts.amounts import Amounts, summed
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput
from resnet_inspect.traces.model import Provenance, Trace
from resnet_inspect.views.tables.columns import COLUMNS, Column, check_keys
from resnet_inspect.views.tables.filter import Named, of_columns, query_of
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.table import Cell, Row, Table, Total
from resnet_inspect.views.words import fields, text
from resnet_inspect.views.words.ops import kind_of
from resnet_inspect.views.words.structure import NONE_RECOGNISED, opaque
from resnet_inspect.views.words.text import Value
from resnet_inspect.views.words.totals import written

Widen = Callable[[Table], Table]
"""Sets columns of what was measured beside a table's own, for a filter that may name them."""


def unchanged(table: Table) -> Table:
    """The table itself, where nothing was measured."""
    return table


class Cells(Sequence[Cell]):
    """The cells of a row, each written when it is first asked for.

    A table has every column and shows few: a trace of 100,000 calls opens without writing the
    four million cells that nobody looks at.
    """

    __slots__ = ("_length", "_write", "_written")

    def __init__(self, length: int, write: Callable[[int], Cell]) -> None:
        self._length = length
        self._write = write
        self._written: dict[int, Cell] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        cell = self._written.get(place)
        if cell is None:
            cell = self._written[place] = self._write(place)
        return cell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def _cell(columns: Sequence[Column], survey: Survey, line: Line, place: int) -> Cell:
    return columns[place].cell(survey, line)


def table(
    survey: Survey,
    view: str,
    lines: Sequence[Line],
    columns: Sequence[str],
    worth: Mapping[str, int] | None = None,
) -> Table:
    """The table of these lines; `columns` are the keys of those that are shown.

    `worth` says which columns matter more, or less, in this view than in others.
    """
    check_keys(tuple(columns))
    every = tuple(COLUMNS.values())
    rows = tuple(
        Row(
            line.kind,
            line.level,
            line.subtotal,
            Cells(len(every), partial(_cell, every, survey, line)),
            "" if line.op is None or line.block or line.stage else kind_of(line.op),
            line.spans,
            raised=line.has_raised(survey.trace),
        )
        for line in lines
    )
    return Table(
        model=survey.trace.model_name,
        view=view,
        title=text.visible(title(survey.trace)),
        columns=tuple(
            replace(column.heading, worth=(worth or {}).get(column.key, column.worth))
            for column in every
        ),
        shown=tuple(columns),
        rows=rows,
        totals=totals(survey),
        remarks=tuple(text.message(remark) for remark in (*_remarks(survey), *_folded(lines))),
        provenance=provenance(survey.trace.provenance),
    )


def asked_for(
    survey: Survey,
    view: str,
    lines: Sequence[Line],
    where: str | None,
    beside: Widen = unchanged,
) -> list[Line]:
    """The lines whose rows a filter asks for, in any column; all of them without one.

    Raises `BadInput` for a filter that is not understood.
    """
    if where is None:
        return list(lines)
    return [lines[at] for at in places_of(where, beside(table(survey, view, lines, ())))]


def places_of(where: str, made: Table) -> list[int]:
    """The places of the rows that a filter asks for; raises `BadInput` if it is not understood."""
    check_where(where, made.columns)
    return query_of(where, made).places(made)


def check_where(where: str | None, columns: Sequence[Named]) -> None:
    """Raise `BadInput` for a filter that is not understood where there are these columns."""
    for problem in of_columns(where or "", columns).problems:
        raise BadInput(problem, hint="--where takes what the explorer's / takes")


def _folded(lines: Sequence[Line]) -> list[str]:
    if all(line.repeat == 1 for line in lines):
        return []
    return ["a row marked ×N stands for N identical blocks and has the amounts of one"]


def title(trace: Trace) -> str:
    """resnet50 · 1×3×224×224 · meta · eval · torch 2.15.0, torchvision 0.29.2"""
    source = trace.provenance
    inputs = " + ".join(text.shape(trace.spec(port).shape) for port in trace.inputs) or "no tensor"
    packages = ", ".join(f"{name} {number}" for name, number in source.versions if name != "python")
    arguments = ", ".join(f"{name}={value}" for name, value in source.arguments)
    name = f"{trace.model_name}({arguments})" if arguments else trace.model_name
    parts = (name, inputs, source.device, source.mode, packages)
    return " · ".join(part for part in parts if part)


def rest(survey: Survey, lines: Sequence[Line], note: str) -> list[Line]:
    """The line for what the others leave out, if they leave anything out."""
    shown = summed(line.amounts * line.repeat for line in lines if not line.subtotal)
    left = survey.whole - shown
    if left == Amounts():
        return []
    return [Line("rest", 0, note=note, amounts=left)]


def totals(survey: Survey) -> tuple[Total, ...]:
    """The network's totals, as every view and format shows them."""
    return tuple(
        Total(total.key, total.label, Cell(total.value, total.text)) for total in written(survey)
    )


_UNCALLED = 8
"""How many modules that were never called have a remark each."""


def _remarks(survey: Survey) -> list[str]:
    remarks = []
    trace = survey.trace
    if trace.failure is not None:
        remarks.append(f"the forward pass raised: {sentence(trace)}")
    if survey.totals.not_counted:
        names = ", ".join(
            f"{name} ({text.count(n, 'call')})" for name, n in survey.totals.not_counted
        )
        remarks.append(f"MACs are partial: no rule for {names}")
    uncalled = [
        (module.path, parameters.of_module(trace, module.path).total)
        for module in survey.never_called
    ]
    if len(uncalled) > (1 if trace.failure is not None else _UNCALLED):
        held = text.count(sum(number for _, number in uncalled), "parameter")
        remarks.append(f"never called: {uncalled[0][0]} and {len(uncalled) - 1} more ({held})")
    else:
        for path, number in uncalled:
            remarks.append(f"never called: {path} ({text.count(number, 'parameter')})")
    if survey.read_by:
        into = dict.fromkeys(path for by in survey.read_by.values() for path in by)
        remarks.append(
            f"not called themselves, but their weights are used: {text.some(survey.read_by)} (in"
            f" {text.some(into)})"
        )
    complex_macs = survey.totals.complex_macs
    if complex_macs:
        which = "the" if complex_macs == survey.totals.macs else f"{complex_macs:,} of the"
        remarks.append(
            f"{which} MACs are of complex numbers, each counted once: it is 4 real multiplications"
            f" ({4 * complex_macs:,}) and 8 FLOPs"
        )
    mapped = [
        trace.spec(call.outputs[0]).mapped
        for call in (trace.calls[index] for index in trace.steps)
        if call.outputs and trace.spec(call.outputs[0]).mapped > 1
    ]
    if mapped:
        numbers = " or ".join(f"{number:,}" for number in sorted(set(mapped)))
        remarks.append(
            f"vmap: the shapes of {text.count(len(mapped), 'step')} are those of one of {numbers};"
            " MACs and bytes are of all"
        )
    takers = Counter(trace.calls[index].path for index in survey.from_outside.values())
    for path, number in takers.items():
        tensors = text.count(number, "tensor")
        remarks.append(
            f"{path} takes {tensors} that no recorded call made: a constant, or the result of code"
            " that cannot be watched"
        )
    remarks.extend(fields.remarks(survey))
    if not survey.anatomy.stages and trace.failure is None:
        remarks.append(f"{NONE_RECOGNISED}: modules stand in for stages and blocks")
    runs = max((stage.runs for stage in survey.anatomy.stages), default=1)
    if runs > 1:
        remarks.append(
            f"a network within it is run {runs} times: its blocks and stages stand once, with the"
            " amounts of all runs"
        )
    hidden = opaque(survey)
    if hidden:
        remarks.append(f"{hidden}: blocks, depth and the last feature map are without them")
    remarks.extend(trace.provenance.notes)
    return remarks


def provenance(source: Provenance) -> tuple[tuple[str, Value], ...]:
    """Where a trace comes from, as plain data."""
    return (
        ("source", source.source),
        ("arguments", tuple(source.arguments)),
        ("device", source.device),
        ("mode", source.mode),
        ("versions", tuple(source.versions)),
        ("tool_version", source.tool_version),
        ("captured_at", source.captured_at),
        ("notes", tuple(source.notes)),
    )
