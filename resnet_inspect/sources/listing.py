"""The catalogue as a table, so that every format can write it. Torch is not imported."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.sources.catalogue import VARIANTS, Variant
from resnet_inspect.views import text
from resnet_inspect.views.table import Cell, Heading, Row, Table

_COLUMNS = (
    Heading("name", "model", "left", 0),
    Heading("family", "family", "left", 6),
    Heading("block", "block", "left", 2),
    Heading("depths", "depth per stage", "left", 3),
    Heading("parameters", "params", "right", 1),
    Heading("gmacs", "GMACs", "right", 4),
    Heading("input", "default input", "left", 5),
)


def table(names: Sequence[str]) -> Table:
    """These variants: block type, blocks per stage, parameters, GMACs, default input."""
    rows = [_row(VARIANTS[name]) for name in names]
    return Table(
        model="torchvision",
        view="list",
        title=f"{text.count(len(rows), 'model')} of torchvision",
        columns=_COLUMNS,
        shown=tuple(column.key for column in _COLUMNS),
        rows=tuple(rows),
        totals=(),
        remarks=(),
        provenance=(),
    )


def _row(variant: Variant) -> Row:
    return Row(
        kind="variant",
        level=0,
        subtotal=False,
        cells=(
            Cell(variant.name, variant.name),
            Cell(variant.family, variant.family),
            Cell(variant.block, variant.block),
            Cell(variant.depths, "-".join(map(str, variant.depths))),
            Cell(variant.parameters, text.integer(variant.parameters)),
            Cell(variant.macs / 1e9, f"{variant.macs / 1e9:.3f}"),
            Cell(variant.input, text.shape(variant.input)),
        ),
    )
