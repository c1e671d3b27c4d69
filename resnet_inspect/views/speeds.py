"""What each row of a view took: columns of time beside those of shapes and counts.

The rows are those of the layers, blocks or stages view. What lies between the calls and could not
be told apart is a row of its own, so that rows that nothing breaks down sum to the total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from resnet_inspect.analysis.speed import Spans, Speed, typical
from resnet_inspect.views import VIEWS, text
from resnet_inspect.views.selection import Selection
from resnet_inspect.views.table import EMPTY, NO_CALLS, Cell, Heading, Row, Table, Total

_FORWARD = (
    Heading("time", "time", "right", 0),
    Heading("time_spread", "IQR", "right", 6),
    Heading("time_share", "share", "right", 1),
    Heading("flops_rate", "FLOP/s", "right", 3),
    Heading("of_matmul", "of matmul", "right", 4),
    Heading("bytes_rate", "bytes/s", "right", 5),
    Heading("of_copy", "of copy", "right", 6),
)
_BACKWARD = (
    Heading("backward_time", "backward", "right", 1),
    Heading("backward_spread", "its IQR", "right", 7),
)
_HELD = Heading("held_bytes", "at peak", "right", 5)
_BATCH = Heading("batch", "batch", "right", 0)

BETWEEN = "functions and overhead"
"""Written for what the calls' callers took themselves."""


def view(speeds: Sequence[Speed], name: str, selection: Selection) -> Table:
    """The rows of the view `name` with what they took; several networks one below the other."""
    several = len(speeds) > 1
    backward = any(speed.measured.backward for speed in speeds)
    own = (*_FORWARD, *(_BACKWARD if backward else ()), _HELD, *([_BATCH] if several else []))
    tables = [VIEWS[name](speed.survey, selection) for speed in speeds]
    first, machine = tables[0], speeds[0].measured.machine
    rows: list[Row] = []
    totals: list[Total] = []
    remarks: list[str] = []
    for speed, table in zip(speeds, tables, strict=True):
        batch = speed.batch
        for row, spans in _with_between(speed, table):
            cells = _cells(speed, spans) | {_BATCH.key: _number(batch, str)}
            cells_of_row = (*row.cells, *(cells[heading.key] for heading in own))
            rows.append(replace(row, cells=cells_of_row))
        for total in _totals(speed):
            ending = (f"_{batch}", f", batch {batch}") if several else ("", "")
            key, label = total.key + ending[0], total.label + ending[1]
            totals.append(Total(key, label, total.cell))
        remarks += [f"batch {batch}: {said}" if several else said for said in _remarks(speed)]
    shown = ("path", "op", "output_shape", "parameters", "macs", *(heading.key for heading in own))
    measured = speeds[0].measured
    return replace(
        first,
        view="measure",
        title=f"{first.title} · {text.visible(machine.name)}",
        columns=(*first.columns, *own),
        shown=shown,
        rows=tuple(rows),
        totals=tuple(totals),
        remarks=tuple(map(text.visible, (*first.remarks, *remarks, *_meanings(speeds)))),
        provenance=(
            *first.provenance,
            ("machine", machine.name),
            ("system", machine.system),
            ("cores", machine.cores),
            ("threads", machine.threads),
            ("channels_last", measured.channels_last),
            ("repeats", len(measured.forward)),
            ("warm_up", measured.warm_up),
            ("measured_at", measured.measured_at),
        ),
    )


def _with_between(speed: Speed, table: Table) -> Iterator[tuple[Row, Spans]]:
    """Every row with the calls that it stands for; then the row of the calls that none has."""
    trace = speed.survey.trace
    free = [True] * len(trace.calls)

    def take(first: int, last: int) -> None:
        free[first : last + 1] = [False] * (last + 1 - first)

    for row in table.rows:
        if not row.subtotal and row.span != NO_CALLS:
            take(*row.span)
    hidden = [(index, trace.last_descendant[index]) for index in trace.steps if free[index]]
    for row in table.rows:
        if row.span != NO_CALLS:
            yield row, (row.span,)
        else:
            yield row, hidden
            for span in hidden:
                take(*span)
    between = [(index, index) for index, is_free in enumerate(free) if is_free]
    if between:
        named = {
            "path": Cell("", BETWEEN),
            "kind": Cell("rest", "rest"),
            "level": Cell(0, "0"),
            "subtotal": Cell(False, "no"),
            "repeat": Cell(1, "1"),
        }
        cells = tuple(named.get(column.key, EMPTY) for column in table.columns)
        yield Row("rest", 0, subtotal=False, cells=cells), between


def _cells(speed: Speed, spans: Spans) -> dict[str, Cell]:
    time, back = speed.forward(spans), speed.backward(spans)
    seconds = None if time is None else time.seconds
    flops, moved = speed.flops_rate(spans), speed.bytes_rate(spans)
    best = speed.ceilings
    return {
        "time": _number(seconds, text.seconds),
        "time_spread": _number(time and time.spread, text.seconds),
        "time_share": _share(seconds, speed.total.seconds),
        "flops_rate": _number(flops, _flops),
        "of_matmul": _share(flops, best.peak),
        "bytes_rate": _number(moved, _bytes),
        "of_copy": _share(moved, best.bandwidth),
        "backward_time": _number(back and back.seconds, text.seconds),
        "backward_spread": _number(back and back.spread, text.seconds),
        "held_bytes": _number(speed.held(spans), text.nbytes),
    }


def _number(value: Any, write: Callable[[Any], str]) -> Cell:
    return EMPTY if value is None else Cell(value, write(value))


def _share(part: float | None, whole: float) -> Cell:
    return _number(part / whole if part is not None and whole else None, text.share)


def _flops(rate: float) -> str:
    return text.quantity(round(rate))


def _bytes(rate: float) -> str:
    return text.nbytes(round(rate))


def _totals(speed: Speed) -> Iterator[Total]:
    measured, whole, best = speed.measured, speed.whole, speed.ceilings

    def total(key: str, label: str, value: Any, write: Callable[[Any], str]) -> Total:
        return Total(key, label, Cell(value, text.NOT_KNOWN if value is None else write(value)))

    yield total("whole_time", "forward", whole.seconds, text.seconds)
    yield total("whole_spread", "forward, IQR", whole.spread, text.seconds)
    yield total("hooked_time", "forward with hooks", speed.hooked.seconds, text.seconds)
    yield total("hooks", "the hooks' cost", speed.hooks, _signed)
    yield total("time", "forward, calls summed", speed.total.seconds, text.seconds)
    if speed.batch:
        rate = speed.batch / whole.seconds if whole.seconds else None
        yield total("samples_rate", "samples/s", rate, lambda number: f"{number:,.1f}")
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


def _signed(seconds: float) -> str:
    return f"{'-' if seconds < 0 else '+'}{text.seconds(abs(seconds))}"


_HOLDERS = 3
"""How many of those that hold the peak are named."""


def _remarks(speed: Speed) -> Iterator[str]:
    """The cost of the hooks, and who holds the peak."""
    measured, whole, hooked = speed.measured, speed.whole, speed.hooked
    part = f" ({speed.hooks / whole.seconds:+.1%})" if whole.seconds else ""
    is_noise = abs(speed.hooks) <= max(whole.spread, hooked.spread)
    yield (
        f"the rows sum to {text.seconds(speed.total.seconds)}; a forward with hooks takes"
        f" {text.seconds(hooked.seconds)}, without {text.seconds(whole.seconds)}: the hooks cost"
        f" {_signed(speed.hooks)}{part}{', less than runs differ by' if is_noise else ''}"
    )
    calls = speed.survey.trace.calls
    peak = measured.peak
    held = [
        f"{calls[call].path or BETWEEN} {text.nbytes(nbytes)}"
        for call, nbytes in peak.holders[:_HOLDERS]
    ]
    others = len(peak.holders) - len(held)
    more = [f"and {text.count(others, 'other')}"] if others > 0 else []
    if held:
        at = calls[peak.call].path or "the network itself"
        yield f"the peak is in {at}, held by {', '.join((*held, *more))}"
    yield from measured.notes


def _meanings(speeds: Sequence[Speed]) -> Iterator[str]:
    """What the columns mean, said once."""
    measured = speeds[0].measured
    machine = measured.machine
    layout = ", channels last" if measured.channels_last else ""
    yield (
        f"{machine.name}, {machine.system}, {text.count(machine.threads, 'thread')} of"
        f" {text.count(machine.cores, 'core')}, torch {machine.torch_version}{layout};"
        f" {text.count(len(measured.forward), 'run')} after {measured.warm_up} to warm up"
    )
    yield (
        f"time is the median, IQR the spread; {BETWEEN}: what lies between the calls and cannot be"
        " told apart"
    )
    yield (
        "bytes/s: each step reads its inputs and weights and writes its outputs once; at peak: what"
        " it made and was alive when tensors took most, without workspace"
    )
    if any(_exceeds(speed) for speed in speeds):
        yield (
            "above 100%: fewer operations than counted (Winograd, TF32), or bytes still in a cache"
        )


def _exceeds(speed: Speed) -> bool:
    for index in speed.survey.trace.steps:
        spans = ((index, speed.survey.trace.last_descendant[index]),)
        flops, moved = speed.flops_rate(spans), speed.bytes_rate(spans)
        if (flops or 0) > speed.ceilings.peak or (moved or 0) > speed.ceilings.bandwidth:
            return True
    return False
