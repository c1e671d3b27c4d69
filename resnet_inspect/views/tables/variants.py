"""The variants that can be named, as a table, so that every format can write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from resnet_inspect.views.tables.table import Align, Cell, Heading, Table, check_columns, listing
from resnet_inspect.views.words import text


def _heading(key: str, title: str, align: Align, worth: int, meaning: str) -> Heading:
    return Heading(key, title, align, worth, meaning=meaning)


HEADINGS = (
    _heading("name", "model", "left", 0, "name that every command takes"),
    _heading("family", "family", "left", 6, "what it is for, or the package it is of"),
    _heading("block", "block", "left", 2, "kind of its residual blocks"),
    _heading("depths", "depth per stage", "left", 3, "blocks in each stage"),
    _heading("parameters", "params", "right", 1, "parameters"),
    _heading("gmacs", "GMACs", "right", 4, "MACs of a forward pass of its default input, in 10^9"),
    _heading("input", "default input", "left", 5, "shape that is taken where none is given"),
)


class Variant(Protocol):
    """What is known of a variant."""

    @property
    def name(self) -> str:
        """As in the catalogue."""

    @property
    def family(self) -> str:
        """As in the catalogue."""

    @property
    def block(self) -> str:
        """As in the catalogue."""

    @property
    def depths(self) -> tuple[int, ...]:
        """As in the catalogue."""

    @property
    def parameters(self) -> int | None:
        """As in the catalogue."""

    @property
    def macs(self) -> int | None:
        """As in the catalogue."""

    @property
    def input(self) -> tuple[int, ...]:
        """As in the catalogue."""


SHOWN = tuple(heading.key for heading in HEADINGS)
"""The columns that are shown where none are chosen."""


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, SHOWN, see=f"known: {', '.join(SHOWN)}")


def table(variants: Sequence[Variant], columns: Sequence[str] = SHOWN) -> Table:
    """These variants: block type, blocks per stage, parameters, GMACs, default input."""
    found = listing(
        "list",
        text.count(len(variants), "model"),
        HEADINGS,
        [_cells(variant) for variant in variants],
        kind="variant",
    )
    return replace(found, shown=tuple(columns))


def _cells(variant: Variant) -> tuple[Cell, ...]:
    gmacs = None if variant.macs is None else variant.macs / 1e9
    return (
        Cell(variant.name, variant.name),
        Cell(variant.family, variant.family),
        Cell(variant.block, variant.block),
        Cell(variant.depths, "-".join(map(str, variant.depths))),
        Cell(variant.parameters, _count(variant.parameters)),
        Cell(gmacs, text.NOT_KNOWN if gmacs is None else f"{gmacs:.3f}"),
        Cell(variant.input, text.shape(variant.input)),
    )


def _count(number: int | None) -> str:
    return text.NOT_KNOWN if number is None else text.integer(number)
