"""What networks cost, side by side: parameters, MACs, memory to run and to train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_inspect.analysis.cost import gradients, macs, memory
from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.table import EMPTY, Align, Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value


def _heading(key: str, title: str, worth: int, meaning: str, align: Align = "right") -> Heading:
    return Heading(key, title, align, worth, meaning=meaning)


_COSTS = (
    _heading("model", "model", 0, "the network, with what its builder was given", "left"),
    _heading("input", "input", 0, "shape of the first input, batch first", "left"),
    _heading("parameters", "params", 3, "parameters, frozen ones included"),
    _heading("macs", "MACs", 3, "multiply-accumulates of a forward pass"),
    _heading("macs_ratio", "× MACs", 7, "MACs over those of the first network"),
    _heading("training_macs", "MACs of a step", 6, "multiply-accumulates forward and backward"),
    _heading("weights_bytes", "weights", 6, "bytes of weights and buffers"),
    _heading("peak_bytes", "live", 5, "bytes of the activations alive at once, at the most"),
    _heading("inference_bytes", "inference", 2, "bytes to run: weights, live, input"),
    _heading("gradient_bytes", "gradients", 8, "bytes of the gradients of trainable weights"),
    _heading("optimizer_bytes", "optimizer", 8, "bytes of what the optimizer keeps"),
    _heading("saved_bytes", "saved", 4, "bytes that autograd saves for the backward pass"),
    _heading("working_bytes", "at work", 9, "bytes at work beside these, at the fullest moment"),
    _heading("input_bytes", "of input", 9, "bytes of the inputs"),
    _heading("training_bytes", "training", 1, "bytes to train: all of these but live"),
    _heading("training_ratio", "× training", 7, "bytes to train over those of the first network"),
)
_FLOPS = _heading("flops", "FLOPs", 3, "floating-point operations of a forward pass, 2 × MACs")
_FIGURE = Heading("figure", "figure", "left", 0)
_BATCHES = (
    _heading(
        "inference_batch", "largest batch", 1, "samples that can be run at once in `--memory`"
    ),
    _heading("training_batch", "to train", 1, "samples that can be trained on at once in it"),
)
HEADINGS = {heading.key: heading for heading in (*_COSTS, _FLOPS, *_BATCHES)}
"""What `--columns` and `--sort` can name; FLOPs are shown where they are asked for."""


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
        _title([heading.key for heading in headings], optimizer),
        tuple(headings),
        rows,
        model=first.model_name,
        kind="candidate",
        remarks=tuple(
            _remarks(candidates, (optimizer,), available, [heading.key for heading in headings])
        ),
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
    keys = columns or shown(1, available)[2:]
    rows = [
        (Cell(key, _IN_FULL.get(key, HEADINGS[key].title)), *(one.get(key, EMPTY) for one in every))
        for key in keys
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
        remarks=(*scaled, *_remarks([candidate], optimizers, available, keys)),
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
    "flops": "FLOPs of a forward pass",
    "training_macs": "MACs of a training step",
    "inference_bytes": "inference, in all",
    "training_bytes": "training, in all",
    "inference_batch": "largest batch to run",
    "training_batch": "largest batch to train",
}


def _order(value: Value) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _title(keys: Sequence[str], optimizer: Optimizer) -> str:
    """What the columns come to."""
    runs, trains = (_explained(keys, *of) for of in (_RUN, _TRAINED))
    aims = [*(["to run"] if runs else []), *([f"to train with {optimizer}"] if trains else [])]
    passes = [*(["a forward pass"] if _explained(keys, "macs", "flops") else [])]
    passes += ["a step"] if "training_macs" in keys else []
    parts = [f"memory {' and '.join(aims)}"] if aims else []
    parts += [f"MACs of {' and of '.join(passes)}"] if passes else []
    return ", ".join(parts) or "what networks need"


def _explained(keys: Sequence[str], *parts: str) -> bool:
    """Whether there is a column whose key begins with one of these."""
    return any(key.startswith(parts) for key in keys)


_RUN = ("inference", "peak")
_TRAINED = ("training_b", "training_r", "gradient", "optimizer", "saved", "working")


def _remarks(
    candidates: Sequence[Candidate],
    optimizers: Sequence[Optimizer],
    available: int | None,
    keys: Sequence[str],
) -> Iterator[str]:
    """What the figures rest on, and what is known of these networks beside."""
    runs, trains = (_explained(keys, *of) for of in (_RUN, _TRAINED))
    kept = ""
    if len(optimizers) > 1:
        kept = ", what the optimizer keeps for each"
    elif numbers := memory.KEPT[optimizers[0]]:
        kept = f", {text.count(numbers, 'number')} of {optimizers[0]} for each"
    if runs:
        yield "inference: weights, buffers, the input and the activations alive at once (live)"
    if trains:
        yield (
            f"training: weights, buffers, a gradient for each trainable weight{kept}, the input,"
            " what autograd saves and what is at work beside it at the fullest moment"
        )
    if "training_macs" in keys:
        yield (
            "MACs of a step: forward and backward; what is frozen needs fewer, what is in a"
            " checkpoint is run again"
        )
    if runs or trains:
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
    of_all = candidate.survey.totals.parameters
    if 0 < of_all.trainable < of_all.total:
        frozen = text.integer(of_all.total - of_all.trainable)
        yield f"{label}: {frozen} of its {text.integer(of_all.total)} parameters are frozen"
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
        "flops": _macs(2 * (totals.macs * batch // max(1, traced)), are_counted),
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
