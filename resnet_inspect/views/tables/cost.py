"""What networks cost, side by side: parameters, MACs, memory to run and to train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_inspect.analysis.cost import memory, roofline
from resnet_inspect.analysis.cost.memory import Memory, Optimizer
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.table import Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value

_COSTS = (
    Heading("model", "model", "left", 0),
    Heading("input", "input", "left", 0),
    Heading("parameters", "params", "right", 3),
    Heading("macs", "MACs", "right", 3),
    Heading("macs_ratio", "×", "right", 7),
    Heading("weights_bytes", "weights", "right", 6),
    Heading("peak_bytes", "live", "right", 5),
    Heading("inference_bytes", "inference", "right", 2),
    Heading("gradient_bytes", "gradients", "right", 8),
    Heading("optimizer_bytes", "optimizer", "right", 8),
    Heading("saved_bytes", "saved", "right", 4),
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
) -> Table:
    """One row for each candidate; ratios are to the first. `available` bytes give largest batches.

    The figures are those of the model of memory that `analysis.cost.memory` states.
    """
    found = [(one, memory.of(one.survey.trace, optimizer)) for one in candidates]
    columns = [c for c in _COSTS if len(found) > 1 or not c.key.endswith("_ratio")]
    if available is not None:
        columns += _BATCHES
    rows = []
    for candidate, needed in found:
        cells = _cells(candidate, needed, found[0][0], found[0][1], available)
        rows.append(tuple(cells[column.key] for column in columns))
    first = candidates[0].survey
    return listing(
        "cost",
        f"memory to run and to train with {optimizer}, MACs of one forward pass",
        tuple(columns),
        rows,
        model=first.trace.model_name,
        kind="candidate",
        remarks=_remarks(optimizer, available),
        provenance=assembly.provenance(first.trace.provenance),
    )


def downwards(
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
        remarks=tuple(filter(None, (scaled, *_remarks(None, available)))),
        provenance=assembly.provenance(trace.provenance),
    )


def _remarks(optimizer: Optimizer | None, available: int | None) -> tuple[str, ...]:
    """What the figures rest on; of all optimizers where none is named."""
    if optimizer is None:
        kept = ", what the optimizer keeps for each"
    else:
        numbers = text.count(memory.KEPT[optimizer], "number")
        kept = f", {numbers} of {optimizer} for each" if memory.KEPT[optimizer] else ""
    found = [
        "inference: weights, buffers, the input and the activations alive at once (live)",
        f"training: weights, buffers, a gradient for each trainable weight{kept}, the input and"
        " what autograd saves",
        "not in it: workspace of convolution algorithms, the allocator's slack,"
        " gradients of activations",
    ]
    if available is not None:
        found.append(f"largest batch: what fits into {text.nbytes(available)}")
    return tuple(found)


def _cells(
    candidate: Candidate, needed: Memory, first: Candidate, least: Memory, available: int | None
) -> dict[str, Cell]:
    totals = candidate.survey.totals
    trace = candidate.survey.trace
    shape = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
    cells = {
        "model": Cell(candidate.label, text.visible(candidate.label)),
        "input": Cell(shape, text.shape(shape)),
        "parameters": Cell(totals.parameters.total, text.integer(totals.parameters.total)),
        "macs": Cell(totals.macs, text.quantity(totals.macs)),
        "macs_ratio": _ratio(totals.macs, first.survey.totals.macs),
        "weights_bytes": _bytes(needed.parameters + needed.buffers),
        "peak_bytes": _bytes(needed.peak),
        "inference_bytes": _bytes(needed.inference),
        "gradient_bytes": _bytes(needed.gradients),
        "optimizer_bytes": _bytes(needed.optimizer),
        "saved_bytes": _bytes(needed.saved),
        "training_bytes": _bytes(needed.training),
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


def _bytes(number: int) -> Cell:
    return Cell(number, text.nbytes(number))


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
