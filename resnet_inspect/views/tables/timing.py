"""What each row of a view took: columns of time beside those of shapes and counts.

The rows are those of the layers, blocks or stages view. What lies between the calls and could not
be told apart is a row of its own, so that rows that nothing breaks down sum to the total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from resnet_inspect.analysis.structure.survey import Spans
from resnet_inspect.analysis.timing import Time, Timing, typical
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.measured import Beside, extended, widened
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Row, Table, Total, check_columns
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value
from resnet_inspect.views.words.timing import BETWEEN, meanings, remarks_of, said_of_machine


class Timed(Beside[Timing]):
    """A column of what was measured."""


def _seconds(time: Time | None) -> float | None:
    return None if time is None else time.seconds


def _spread(time: Time | None) -> float | None:
    return None if time is None else time.spread


def _part(amount: float | None, whole: float) -> float | None:
    return amount / whole if amount is not None and whole else None


def _flops(rate: float) -> str:
    return text.quantity(round(rate))


def _bytes(rate: float) -> str:
    return text.nbytes(round(rate))


TIMES = {
    column.key: column
    for column in (
        Timed("time", "time", 0, "time of its forward: the median of the runs, in seconds",
              lambda speed, spans: _seconds(speed.forward(spans)), text.seconds),
        Timed("time_spread", "IQR", 6, "interquartile range of its time, in seconds",
              lambda speed, spans: _spread(speed.forward(spans)), text.seconds),
        Timed("time_share", "of time", 1, "its part of the time of all calls",
              lambda speed, spans: _part(_seconds(speed.forward(spans)), speed.total.seconds),
              text.share),
        Timed("flops_rate", "FLOP/s", 3, "operations of its forward in a second",
              lambda speed, spans: speed.flops_rate(spans), _flops),
        Timed("of_matmul", "of matmul", 4, "its FLOP/s as a part of a large matrix product's",
              lambda speed, spans: _part(speed.flops_rate(spans), speed.ceilings.peak),
              text.share),
        Timed("bytes_rate", "bytes/s", 5, "bytes that its forward moves in a second",
              lambda speed, spans: speed.bytes_rate(spans), _bytes),
        Timed("of_copy", "of copy", 6, "its bytes/s as a part of a large copy's",
              lambda speed, spans: _part(speed.bytes_rate(spans), speed.ceilings.bandwidth),
              text.share),
        Timed("backward_time", "backward", 1, "time of its backward, in seconds",
              lambda speed, spans: _seconds(speed.backward(spans)), text.seconds),
        Timed("backward_spread", "its IQR", 7, "interquartile range of that, in seconds",
              lambda speed, spans: _spread(speed.backward(spans)), text.seconds),
        Timed("held_bytes", "at peak", 5, "bytes it had made and that were alive at the peak",
              lambda speed, spans: speed.held(spans), text.nbytes),
        Timed("batch", "batch", 0, "samples in the first input",
              lambda speed, spans: speed.batch, str),
    )
}  # fmt: skip
"""Every column of what was measured by key."""


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, (*COLUMNS, *TIMES))


def shown(speeds: Sequence[Timing]) -> tuple[str, ...]:
    """The columns that are shown where none are chosen."""
    unused = set() if len(speeds) > 1 else {"batch"}
    if not any(speed.measured.backward for speed in speeds):
        unused |= {"backward_time", "backward_spread"}
    own = (key for key in TIMES if key not in unused)
    return ("path", "op", "output_shape", "parameters", "macs", *own)


def view(speeds: Sequence[Timing], name: str, selection: Selection) -> Table:
    """The rows of the view `name` with what they took; several networks one below the other."""
    check_keys(selection.columns)
    chosen = replace(selection, columns=())
    tables = [
        VIEWS[name](speed.survey, chosen, partial(widened, columns=TIMES.values(), measured=speed))
        for speed in speeds
    ]
    made = _measured(speeds, tables)
    return replace(made, view="measure", shown=selection.columns or made.shown)


def beside(speed: Timing, table: Table, columns: Sequence[str] = ()) -> Table:
    """The layers, blocks or stages of the measured network, with what they took.

    `columns` are the keys of those to show, in order, as far as there are such; by default, those
    of `shown`.
    """
    made = _measured([speed], [table])
    known = {column.key for column in made.columns}
    chosen = tuple(key for key in columns if key in known)
    return replace(made, shown=chosen or made.shown, totals=(*made.totals, *table.totals))


def _measured(speeds: Sequence[Timing], tables: Sequence[Table]) -> Table:
    """The first of these tables with the rows of all, each network's with what they took."""
    several = len(speeds) > 1
    first, machine = tables[0], speeds[0].measured.machine
    rows: list[Row] = []
    totals: list[Total] = []
    remarks: list[str] = []
    for speed, table in zip(speeds, tables, strict=True):
        rows += _timed(speed, table)
        batch = speed.batch
        for total in totals_of(speed):
            ending = (f"_{batch}", f", batch {batch}") if several else ("", "")
            totals.append(Total(total.key + ending[0], total.label + ending[1], total.cell))
        remarks += [f"batch {batch}: {said}" if several else said for said in remarks_of(speed)]
    said = (*_folded(rows), *remarks, said_of_machine(speeds[0]), *meanings(speeds))
    return replace(
        first,
        title=f"{first.title}{_batches(speeds)} · {text.visible(machine.name)}",
        columns=(*first.columns, *(column.heading for column in TIMES.values())),
        shown=shown(speeds),
        rows=tuple(rows),
        totals=tuple(totals),
        remarks=(*first.remarks, *map(text.visible, said)),
        provenance=(*first.provenance, *provenance(speeds[0].measured)),
    )


def _batches(speeds: Sequence[Timing]) -> str:
    """For a title, which batches there are beside that of the first."""
    others = ", ".join(str(speed.batch) for speed in speeds[1:])
    return f" and batch {others}" if others else ""


def _timed(speed: Timing, table: Table) -> Iterator[Row]:
    """Every row with cells of what it took, and the row of what lies between the calls."""
    of, between = dealt(speed, table.rows, [row.spans for row in table.rows])
    rows = [*zip(table.rows, of, strict=True)]
    rows += [(between_row(table.columns), between)] if between else []
    for row, spans in rows:
        yield extended(row, TIMES.values(), speed, spans)


def _folded(rows: Sequence[Row]) -> Iterator[str]:
    if any(len(row.spans) > 1 for row in rows):
        yield "the times of a row marked ×N, and what it holds at the peak, are of all N together"


def provenance(measured: Measurements) -> Iterator[tuple[str, Value]]:
    """Where and how it was measured."""
    machine = measured.machine
    yield "machine", machine.name
    yield "system", machine.system
    yield "cores", machine.cores
    yield "threads", machine.threads
    yield "channels_last", measured.channels_last
    yield "repeats", len(measured.forward)
    yield "warm_up", measured.warm_up
    yield "measured_at", measured.measured_at


def dealt(speed: Timing, rows: Sequence[Row], spans: Sequence[Spans]) -> tuple[list[Spans], Spans]:
    """The calls of every row, for the row "not shown" the steps left; and the calls of no row."""
    pairs = list(zip(rows, spans, strict=True))
    steps, between = speed.left_out([s for row, own in pairs if not row.subtotal for s in own])
    if all(row.kind != "rest" for row in rows):
        steps, between = (), [*steps, *between]
    return [steps if row.kind == "rest" else own for row, own in pairs], between


def between_row(headings: Sequence[Heading]) -> Row:
    """The row of what lies between the calls, with a cell for each of these columns."""
    named = {
        "path": Cell("", BETWEEN),
        "kind": Cell("rest", "rest"),
        "level": Cell(0, "0"),
        "subtotal": Cell(False, "no"),
        "repeat": Cell(1, "1"),
    }
    cells = tuple(named.get(heading.key, EMPTY) for heading in headings)
    return Row("rest", 0, subtotal=False, cells=cells)


def totals_of(speed: Timing) -> Iterator[Total]:
    """What the whole network took and held, and what its device can do."""
    measured, whole, best = speed.measured, speed.whole, speed.ceilings

    def total(key: str, label: str, value: Any, write: Callable[[Any], str]) -> Total:
        return Total(key, label, Cell(value, text.NOT_KNOWN if value is None else write(value)))

    yield total("whole_time", "forward", whole.seconds, text.seconds)
    yield total("whole_spread", "forward, IQR", whole.spread, text.seconds)
    yield total("hooked_time", "forward with hooks", speed.hooked.seconds, text.seconds)
    yield total("hooks", "the hooks' cost", speed.hooks, text.signed_seconds)
    yield total("time", "forward, calls summed", speed.total.seconds, text.seconds)
    if speed.batch:
        yield total("samples_rate", "samples/s", speed.samples_rate, lambda rate: f"{rate:,.1f}")
    if measured.whole_backward:
        without, summed = typical(measured.whole_backward), speed.backward(speed.everything)
        yield total("whole_backward", "backward", without.seconds, text.seconds)
        yield total(
            "backward_time", "backward, calls summed", summed and summed.seconds, text.seconds
        )
    if measured.compiled:
        compiled = typical(measured.compiled)
        yield total("compiled_time", "forward compiled", compiled.seconds, text.seconds)
    yield total("matmul_rate", "matmul, FLOP/s", best.peak, _flops)
    yield total("copy_rate", "copy, bytes/s", best.bandwidth, _bytes)
    yield total("peak_bytes", "tensors at the peak", measured.peak.nbytes, text.nbytes)
    weights = speed.survey.totals
    held = weights.parameters.nbytes + weights.buffers.nbytes
    yield total("weight_bytes", "weights and buffers", held, text.nbytes)
    if measured.peak.allocated is not None:
        yield total("allocated", "allocated at most", measured.peak.allocated, text.nbytes)
