"""Which network a file of weights is of: the candidates, the tensors, and sentences about them."""

from __future__ import annotations

from resnet_inspect.analysis.identity import Identity, Pair, Status
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import text
from resnet_inspect.views.words.identity import best_name, remarks, said

_STATUSES: dict[Status, str] = {
    "matches": "match",
    "renamed": "renamed",
    "differs": "differ",
    "missing": "missing",
    "extra": "extra",
    "folded": "folded",
    "tied": "tied",
    "outside": "outside",
}
"""Each status with the title of the column that counts it."""

_CANDIDATES = (
    Heading("model", "model", "left", 0),
    Heading("arguments", "with", "left", 0),
    Heading("share", "alike", "right", 0),
    *(
        Heading(status, title, "right", worth)
        for worth, (status, title) in enumerate(_STATUSES.items(), start=1)
    ),
)
_TENSORS = (
    Heading("name", "in the file", "left", 0),
    Heading("status", "status", "left", 0),
    Heading("found", "shape", "left", 1),
    Heading("dtype", "type", "left", 4),
    Heading("wanted", "wanted shape", "left", 2),
    Heading("wanted_name", "in the network", "left", 3),
)
_SHOWN_CANDIDATES = 8


def candidates(identity: Identity) -> Table:
    """One row for each of the best candidates, with how many tensors match or do not."""
    rows = []
    for one in identity.candidates[:_SHOWN_CANDIDATES]:
        counts = one.match.counts
        arguments = tuple(f"{name}={value}" for name, value in one.arguments)
        rows.append(
            (
                Cell(one.name, text.visible(one.name)),
                Cell(arguments, ", ".join(arguments)) if arguments else EMPTY,
                Cell(one.match.share, text.share(one.match.share)),
                *(Cell(counts[status], text.integer(counts[status])) for status in _STATUSES),
            )
        )
    return listing(
        "candidates",
        said(identity),
        _CANDIDATES,
        rows,
        model=best_name(identity),
        remarks=tuple(remarks(identity)),
    )


def tensors(identity: Identity, only_differences: bool = False) -> Table:
    """One row for each tensor of the file and of the best candidate; or for those that differ."""
    pairs = identity.candidates[0].match.pairs if identity.candidates else _unmatched(identity)
    shown = [pair for pair in pairs if not only_differences or pair.status != "matches"]
    return listing(
        "differences" if only_differences else "tensors",
        said(identity),
        _TENSORS,
        map(_cells, shown),
        model=best_name(identity),
        remarks=tuple(remarks(identity)),
    )


def _unmatched(identity: Identity) -> list[Pair]:
    return [Pair("extra", name, spec, None, None) for name, spec in identity.tensors.items()]


def _cells(pair: Pair) -> tuple[Cell, ...]:
    found, wanted = pair.found, pair.wanted
    return (
        Cell(pair.name, text.visible(pair.name)) if pair.name is not None else EMPTY,
        Cell(pair.status, pair.status),
        Cell(found.shape, text.shape(found.shape)) if found else EMPTY,
        Cell(found.dtype, found.dtype) if found else EMPTY,
        Cell(wanted, text.shape(wanted)) if wanted is not None else EMPTY,
        Cell(pair.wanted_name, pair.wanted_name) if pair.wanted_name is not None else EMPTY,
    )
