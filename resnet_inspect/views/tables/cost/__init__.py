"""What networks cost, side by side: parameters, MACs, memory to run and to train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resnet_inspect.analysis.cost import memory
from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.cost.figures import Candidate, cells_of
from resnet_inspect.views.tables.cost.headings import HEADINGS, check_keys, shown
from resnet_inspect.views.tables.cost.remarks import remarks_of, title_of
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value

_FIGURE = Heading("figure", "figure", "left", 0)
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
    every = [cells_of(one, optimizer, available) for one in candidates]
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
        title_of([heading.key for heading in headings], optimizer),
        tuple(headings),
        rows,
        model=first.model_name,
        kind="candidate",
        remarks=tuple(
            remarks_of(candidates, (optimizer,), available, [heading.key for heading in headings])
        ),
        provenance=provenance.entries(first.provenance),
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
    every = [cells_of(candidate, optimizer, available, batch) for optimizer in optimizers]
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
        remarks=(*scaled, *remarks_of([candidate], optimizers, available, keys)),
        provenance=provenance.entries(trace.provenance),
    )


def _order(value: Value) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0


def _ratio(one: Cell, first: Cell) -> Cell:
    """How many times the first; not known of numbers that are at least so much."""
    number, least = one.value, first.value
    is_known = not any(cell.text.startswith("≥") for cell in (one, first))
    if not is_known or not isinstance(number, int) or not isinstance(least, int) or not least:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number / least, f"×{number / least:.2f}")
