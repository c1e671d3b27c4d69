"""What networks cost, side by side: parameters, MACs, memory to run and to train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_inspect.analysis.cost import gradients, macs, memory, roofline
from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.traces.tensors import Shape
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
_FIGURE = Heading("figure", "figure", "left", 0)
_BATCHES = (
    Heading("inference_batch", "largest batch", "right", 1),
    Heading("training_batch", "to train", "right", 1),
)
HEADINGS = {heading.key: heading for heading in (*_COSTS, *_BATCHES)}
"""What `--columns` and `--sort` can name."""
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

    @property
    def shape(self) -> Shape:
        """That of its first input."""
        trace = self.survey.trace
        return trace.spec(trace.inputs[0]).shape if trace.inputs else ()

    @property
    def batch(self) -> int:
        """How many samples it was traced with."""
        return self.shape[0] if self.shape else 1


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
    headings = [HEADINGS[key] for key in columns or shown(len(candidates), available)]
    every = [_cells(one, optimizer, available) for one in candidates]
    for cells in reversed(every):
        for key, of in (("macs_ratio", "macs"), ("training_ratio", "training_bytes")):
            cells[key] = _ratio(cells[of], every[0][of])
    if sort is not None:
        texts = sort in {"model", "input"}
        every.sort(key=lambda cells: _order(cells.get(sort, EMPTY).value), reverse=not texts)
    rows = [tuple(cells.get(heading.key, EMPTY) for heading in headings) for cells in every]
    first = candidates[0].survey.trace
    return listing(
        "cost",
        f"memory to run and to train with {optimizer}, MACs of a forward pass and of a step",
        tuple(headings),
        rows,
        model=first.model_name,
        kind="candidate",
        remarks=tuple(_remarks(candidates, (optimizer,), available)),
        provenance=assembly.provenance(first.provenance),
    )


def downwards(
    candidate: Candidate,
    optimizers: Sequence[Optimizer] = memory.UNLIKE,
    available: int | None = None,
    columns: Sequence[str] = (),
    batch: int | None = None,
) -> Table:
    """One network, a row for each figure and a column for each optimizer; else as `view`.

    With another batch than the traced one, what depends on the batch grows with it.
    """
    check_keys(columns)
    trace = candidate.survey.trace
    every = [_cells(candidate, optimizer, available, batch) for optimizer in optimizers]
    rows = [
        (Cell(key, _IN_FULL.get(key, HEADINGS[key].title)), *(one.get(key, EMPTY) for one in every))
        for key in columns or shown(1, available)[2:]
    ]
    traced = candidate.batch
    is_scaled = batch is not None and batch != traced
    scaled = [f"batch {batch}, by the trace of batch {traced}"] if is_scaled else []
    return listing(
        "cost",
        f"{candidate.label} at {text.shape(candidate.shape)}: memory to run and to train",
        (_FIGURE, *(Heading(name, name, "right", 1) for name in optimizers)),
        rows,
        model=trace.model_name,
        kind="figure",
        remarks=(*scaled, *_remarks([candidate], optimizers, available)),
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


def _remarks(
    candidates: Sequence[Candidate], optimizers: Sequence[Optimizer], available: int | None
) -> Iterator[str]:
    """What the figures rest on, and what is known of these networks beside."""
    kept = ""
    if len(optimizers) > 1:
        kept = ", what the optimizer keeps for each"
    elif numbers := memory.KEPT[optimizers[0]]:
        kept = f", {text.count(numbers, 'number')} of {optimizers[0]} for each"
    yield "inference: weights, buffers, the input and the activations alive at once (live)"
    yield (
        f"training: weights, buffers, a gradient for each trainable weight{kept}, the input,"
        " what autograd saves and what is at work beside it at the fullest moment"
    )
    yield (
        "MACs of a step: forward and backward; what is frozen needs fewer, what is in a checkpoint"
        " is run again"
    )
    yield "not in it: workspace of convolution algorithms, the allocator's slack"
    for one in candidates:
        yield from _particulars(one)
    if available is not None:
        yield f"largest batch: what fits into {text.nbytes(available)}"


def _particulars(candidate: Candidate) -> Iterator[str]:
    """What a reader of a network's figures should know of it."""
    trace, label = candidate.survey.trace, text.visible(candidate.label)
    if any(one.selective for call in trace.calls for one in call.checkpoints):
        yield (
            f"{label}: its selective checkpoints are counted as if they kept nothing but what they"
            " take: a rough figure"
        )
    if not any(own.trainable for module in trace.modules for own in module.parameters):
        yield f"{label}: no parameter of it is trained, so that a step is a forward pass"
    elif cut := gradients.cut(trace):
        yield (
            f"{label}: nothing is trained in the reentrant checkpoint of"
            f" {text.some([text.visible(path) for path in cut])}, which takes nothing that wants a"
            " gradient: use_reentrant=False"
        )


def _cells(
    candidate: Candidate, optimizer: Optimizer, available: int | None, batch: int | None = None
) -> dict[str, Cell]:
    """The figures of a network by their keys, without ratios."""
    survey, shape, traced = candidate.survey, candidate.shape, candidate.batch
    batch = traced if batch is None else batch
    trace, totals = survey.trace, survey.totals
    of_trace = memory.of(trace, optimizer)
    needed = of_trace.at(batch, traced)
    is_whole = trace.failure is None
    is_known = is_whole and not any(isinstance(trace.calls[i].op, Unknown) for i in trace.steps)
    are_counted = is_whole and not totals.not_counted
    cells = {
        "model": Cell(candidate.label, text.visible(candidate.label)),
        "input": Cell(shape, text.shape(shape)),
        "parameters": Cell(totals.parameters.total, text.integer(totals.parameters.total)),
        "macs": _macs(totals.macs * batch // max(1, traced), are_counted),
        "training_macs": _macs(macs.training_macs(survey) * batch // max(1, traced), are_counted),
        "weights_bytes": _bytes(needed.parameters + needed.buffers),
        "peak_bytes": _bytes(needed.peak, is_known),
        "inference_bytes": _bytes(needed.inference, is_known),
        "gradient_bytes": _bytes(needed.gradients),
        "optimizer_bytes": _bytes(needed.optimizer),
        "saved_bytes": _bytes(needed.saved, is_known),
        "working_bytes": _bytes(needed.held - needed.saved, is_known),
        "input_bytes": _bytes(needed.input),
        "training_bytes": _bytes(needed.training, is_known),
    }
    if available is not None and shape:
        for key, training in (("inference_batch", False), ("training_batch", True)):
            largest = of_trace.largest_batch(available, traced, training=training)
            written = text.integer(largest)
            cells[key] = Cell(largest, written if is_known else f"≤ {written}")
    return cells


def _bytes(number: int, is_known: bool = True) -> Cell:
    return Cell(number, text.nbytes(number) if is_known else f"≥ {text.nbytes(number)}")


def _macs(number: int, is_known: bool) -> Cell:
    if not is_known and not number:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number, text.quantity(number) if is_known else f"≥ {text.quantity(number)}")


def _ratio(one: Cell, first: Cell) -> Cell:
    """How many times the first; not known of numbers that are at least so much."""
    number, least = one.value, first.value
    is_known = not any(cell.text.startswith("≥") for cell in (one, first))
    if not is_known or not isinstance(number, int) or not isinstance(least, int) or not least:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number / least, f"×{number / least:.2f}")


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
