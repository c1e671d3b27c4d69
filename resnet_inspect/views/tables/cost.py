"""What networks cost, side by side: parameters, MACs, memory to run and to train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_inspect.analysis.cost import gradients, memory, roofline
from resnet_inspect.analysis.cost.memory import Memory, Optimizer
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value

_COSTS = (
    Heading("model", "model", "left", 0),
    Heading("input", "input", "left", 0),
    Heading("parameters", "params", "right", 3),
    Heading("macs", "MACs", "right", 3),
    Heading("macs_ratio", "×", "right", 7),
    Heading("training_macs", "MACs of a step", "right", 6),
    Heading("weights_bytes", "weights", "right", 6),
    Heading("peak_bytes", "live", "right", 5),
    Heading("inference_bytes", "inference", "right", 2),
    Heading("gradient_bytes", "gradients", "right", 8),
    Heading("optimizer_bytes", "optimizer", "right", 8),
    Heading("saved_bytes", "saved", "right", 4),
    Heading("working_bytes", "at work", "right", 9),
    Heading("input_bytes", "input bytes", "right", 9),
    Heading("training_bytes", "training", "right", 1),
    Heading("training_ratio", "×", "right", 7),
)
_DOWN = (
    Heading("what", "", "left", 0),
    *(Heading(name, name, "right", 1) for name in memory.KEPT),
)
_BATCHES = (
    Heading("inference_batch", "largest batch", "right", 1),
    Heading("training_batch", "to train", "right", 1),
)
HEADINGS = {heading.key: heading for heading in (*_COSTS, *_BATCHES)}
"""What `--columns` and `--sort` can name."""
_DOWNWARDS = (Heading("figure", "figure", "left", 0), Heading("value", "value", "right", 0))
_ROOFLINE = (
    Heading("path", "layer", "left", 0),
    Heading("flops", "FLOPs", "right", 3),
    Heading("bytes", "bytes moved", "right", 4),
    Heading("intensity", "FLOPs/byte", "right", 1),
    Heading("bound", "bound by", "left", 0),
    Heading("seconds", "at least", "right", 2),
    Heading("share", "share", "right", 5),
)


@dataclass(frozen=True)
class Candidate:
    """A network as it was asked for, with the settings that tell it from the others."""

    label: str
    survey: Survey

    @classmethod
    def of(cls, survey: Survey) -> Candidate:
        """A network by its name and the arguments of its builder."""
        name = survey.trace.model_name
        given = ", ".join(f"{key}={value}" for key, value in survey.trace.provenance.arguments)
        return cls(f"{name}({given})" if given else name, survey)


def view(
    candidates: Sequence[Candidate],
    optimizer: Optimizer = "sgd",
    available: int | None = None,
    columns: Sequence[str] = (),
    sort: str | None = None,
) -> Table:
    """One row for each candidate; ratios are to the first. `available` bytes give largest batches.

    `columns` are keys of `HEADINGS`, by default those that apply; rows are sorted by the key
    `sort`, largest first. Raises `UnknownName` for a key that is none.
    The figures are those of the model of memory that `analysis.cost.memory` states.
    """
    check_keys((*columns, *((sort,) if sort is not None else ())))
    found = [(one, memory.of(one.survey.trace, optimizer)) for one in candidates]
    headings = [HEADINGS[key] for key in columns or shown(len(found), available)]
    every = [_cells(one, needed, *found[0], available) for one, needed in found]
    if sort is not None:
        texts = sort in {"model", "input"}
        every.sort(key=lambda cells: _order(cells.get(sort, EMPTY).value), reverse=not texts)
    rows = [tuple(cells.get(heading.key, EMPTY) for heading in headings) for cells in every]
    first = candidates[0].survey
    return listing(
        "cost",
        f"memory to run and to train with {optimizer}, MACs of a forward pass and of a step",
        tuple(headings),
        rows,
        model=first.trace.model_name,
        kind="candidate",
        remarks=_remarks(optimizer, available, _has_checkpoints(candidates)),
        provenance=assembly.provenance(first.trace.provenance),
    )


def for_optimizers(
    candidate: Candidate, batch: int | None = None, available: int | None = None
) -> Table:
    """One network, a row for each cost and a column for each optimizer.

    With another batch than the traced one, what depends on the batch grows with it.
    """
    trace = candidate.survey.trace
    shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
    traced = shape[0] if shape else 1
    wanted = batch or traced
    shown = [c for c in _COSTS[2:] if not c.key.endswith("_ratio")]
    shown += _BATCHES if available is not None and shape else ()
    by_optimizer = []
    for optimizer in memory.KEPT:
        needed = memory.of(trace, optimizer)
        cells = _cells(candidate, needed.at(wanted, traced), candidate, needed, None)
        macs = candidate.survey.totals.macs * wanted // max(1, traced)
        cells["macs"] = Cell(macs, text.quantity(macs))
        if available is not None and shape:
            cells |= _largest(needed, available, traced)
        by_optimizer.append(cells)
    rows = [(Cell(c.key, c.title), *(cells[c.key] for cells in by_optimizer)) for c in shown]
    scaled = f"batch {wanted}, by the trace of batch {traced}" if wanted != traced else ""
    return listing(
        "cost",
        f"{candidate.label} at batch {wanted}: memory to run and to train",
        _DOWN,
        rows,
        model=trace.model_name,
        kind="cost",
        remarks=tuple(
            filter(None, (scaled, *_remarks(None, available, _has_checkpoints([candidate]))))
        ),
        provenance=assembly.provenance(trace.provenance),
    )


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    for key in keys:
        if key not in HEADINGS:
            raise UnknownName("column", key, HEADINGS, see="`--columns help` lists them all")


def shown(candidates: int, available: int | None = None) -> tuple[str, ...]:
    """The columns for so many candidates: ratios for several, batches where memory is given."""
    costs = (c.key for c in _COSTS if candidates > 1 or not c.key.endswith("_ratio"))
    return (*costs, *((c.key for c in _BATCHES) if available is not None else ()))


def downwards(table: Table) -> Table:
    """The table of one candidate with a row for each of its figures."""
    (row,) = table.rows
    rows = [
        (Cell(heading.key, _IN_FULL.get(heading.key, heading.title)), cell)
        for heading, cell in zip(table.columns, row.cells, strict=True)
    ]
    return listing(
        table.view, table.title, _DOWNWARDS, rows,
        model=table.model, kind="figure", remarks=table.remarks, provenance=table.provenance,
    )  # fmt: skip


_IN_FULL = {
    "parameters": "parameters",
    "macs": "MACs of a forward pass",
    "training_macs": "MACs of a training step",
    "inference_bytes": "total to run",
    "training_bytes": "total to train",
    "inference_batch": "largest batch to run",
    "training_batch": "largest batch to train",
}


def _order(value: Value) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _has_checkpoints(candidates: Sequence[Candidate]) -> bool:
    return any(call.checkpoint is not None for one in candidates for call in one.survey.trace.calls)


def _remarks(
    optimizer: Optimizer | None, available: int | None, checkpoints: bool
) -> tuple[str, ...]:
    """What the figures rest on; of all optimizers where none is named."""
    if optimizer is None:
        kept = ", what the optimizer keeps for each"
    else:
        numbers = text.count(memory.KEPT[optimizer], "number")
        kept = f", {numbers} of {optimizer} for each" if memory.KEPT[optimizer] else ""
    found = [
        "inference: weights, buffers, the input and the activations alive at once (live)",
        f"training: weights, buffers, a gradient for each trainable weight{kept}, the input,"
        " what autograd saves and what is at work beside it at the fullest moment",
        "MACs of a step: forward and backward; what is frozen needs fewer",
        "not in it: workspace of convolution algorithms, the allocator's slack,"
        " gradients of activations",
    ]
    if checkpoints:
        found.append(
            "it has checkpoints: what is at work while one is run again is a rough figure (totals"
            " of those tried were within 12% of what was counted), and MACs of a step leave out"
            " the forward that is run again"
        )
    if available is not None:
        found.append(f"largest batch: what fits into {text.nbytes(available)}")
    return tuple(found)


def _cells(
    candidate: Candidate, needed: Memory, first: Candidate, least: Memory, available: int | None
) -> dict[str, Cell]:
    totals = candidate.survey.totals
    trace = candidate.survey.trace
    partial = bool(totals.not_counted)
    known = not any(isinstance(trace.calls[index].op, Unknown) for index in trace.steps)
    shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
    cells = {
        "model": Cell(candidate.label, text.visible(candidate.label)),
        "input": Cell(shape, text.shape(shape)),
        "parameters": Cell(totals.parameters.total, text.integer(totals.parameters.total)),
        "macs": _macs(totals.macs, partial),
        "training_macs": _macs(gradients.training_macs(candidate.survey), partial),
        "macs_ratio": _ratio(totals.macs, first.survey.totals.macs),
        "weights_bytes": _bytes(needed.parameters + needed.buffers),
        "peak_bytes": _bytes(needed.peak),
        "inference_bytes": _bytes(needed.inference),
        "gradient_bytes": _bytes(needed.gradients),
        "optimizer_bytes": _bytes(needed.optimizer),
        "saved_bytes": _bytes(needed.saved, known=known),
        "working_bytes": _bytes(needed.held - needed.saved),
        "input_bytes": _bytes(needed.input),
        "training_bytes": _bytes(needed.training, known=known),
        "training_ratio": _ratio(needed.training, least.training),
    }
    if available is not None and shape:
        cells |= _largest(needed, available, shape[0])
    return cells


def _largest(needed: Memory, available: int, traced: int) -> dict[str, Cell]:
    """The largest batches that fit into so much memory."""
    found = {}
    for key, training in (("inference_batch", False), ("training_batch", True)):
        largest = needed.largest_batch(available, traced, training=training)
        found[key] = Cell(largest, text.integer(largest))
    return found


def _bytes(number: int, *, known: bool = True) -> Cell:
    return Cell(number, text.nbytes(number) if known else f"≥ {text.nbytes(number)}")


def _macs(number: int, partial: bool) -> Cell:
    if partial and not number:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number, f"≥ {text.quantity(number)}" if partial else text.quantity(number))


def _ratio(number: int, first: int) -> Cell:
    if not first:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number / first, f"×{number / first:.2f}")


def roofline_view(survey: Survey, device: Device) -> Table:
    """One row for each step that moves data: its intensity, and its side of the ridge."""
    steps = roofline.steps(survey)
    least = sum(step.seconds(device) for step in steps)
    waiting = sum(step.seconds(device) for step in steps if step.bound(device) == "memory")
    rows = []
    for step in steps:
        path = survey.trace.calls[step.call].path
        seconds = step.seconds(device)
        values: tuple[tuple[Value, str], ...] = (
            (path, text.visible(path)),
            (step.flops, text.quantity(step.flops)),
            (step.nbytes, text.nbytes(step.nbytes)),
            (step.intensity, f"{step.intensity:.1f}"),
            (step.bound(device), step.bound(device)),
            (seconds, text.seconds(seconds)),
            (seconds / least, text.share(seconds / least)),
        )
        rows.append(tuple(Cell(value, written) for value, written in values))
    return listing(
        "roofline",
        text.visible(assembly.title(survey.trace)),
        _ROOFLINE,
        rows,
        model=survey.trace.model_name,
        kind="step",
        remarks=(
            f"ridge at {device.ridge:.1f} FLOPs/byte: {text.quantity(round(device.peak))}FLOP/s,"
            f" {text.nbytes(round(device.bandwidth))}/s",
            f"at least {text.seconds(least)}, {text.share(waiting / least)} of it in steps bound by"
            " memory",
            "every step reads its inputs and weights and writes its outputs once; nothing is fused",
        ),
        provenance=assembly.provenance(survey.trace.provenance),
    )
