"""The tests of a cell that a name, a sign and a value make."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import chain

from resnet_inspect.views.tables.filter.grammar import Part
from resnet_inspect.views.tables.filter.query import Bind, RowTest, places_of
from resnet_inspect.views.tables.filter.spelling import (
    folded,
    glob_test,
    number_in,
    sizes_in,
    squeezed,
    whole_numbers,
)
from resnet_inspect.views.tables.table import Cell, Table
from resnet_inspect.views.words.text import Value

CellTest = Callable[[Cell], bool]
_SHAPES = {"input_shape", "output_shape"}
_YES = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
"""The signs that compare numbers."""


def column_term(key: str, test: CellTest, other: RowTest | None = None) -> Bind:
    """A test of the cell in a column, or of either side of it; without it there is no such row."""

    def bound(table: Table) -> RowTest:
        places = places_of(key, table)
        if len(places) == 1 and other is None:
            (place,) = places
            return lambda row: test(row.cells[place])
        return lambda row: (
            any(test(row.cells[place]) for place in places) or (other is not None and other(row))
        )

    return bound


def is_there(cell: Cell) -> bool:
    """Whether the column applies to the row."""
    return cell.value is not None or bool(cell.text)


def equality(key: str, part: Part) -> CellTest:
    """`:`, `=` and `!=`."""
    wanted = folded(part.value)
    tight = squeezed(part.value)
    number = number_in(wanted)
    sizes = sizes_in(wanted)
    yes = _YES.get(wanted)
    exact = part.sign != ":"
    whole = whole_numbers(wanted)
    glob = None if part.value_quoted or exact else glob_test(wanted)
    inside = key in _SHAPES

    def in_text(text: str) -> bool:
        if exact:
            return text == wanted
        return (whole.search(text) is not None if whole else wanted in text) or (
            glob is not None and glob(text)
        )

    def test(cell: Cell) -> bool:
        value = cell.value
        if isinstance(value, bool):
            return value is yes
        if isinstance(value, str):
            return in_text(folded(cell.text)) or in_text(folded(value))
        if isinstance(value, int | float):
            return value == number or squeezed(cell.text) == tight
        if isinstance(value, tuple) and value:
            flat = _flat(value)
            if flat is None:
                return in_text(folded(cell.text))
            if sizes is not None and _has_sizes(flat, sizes, wanted.endswith("x"), inside):
                return True
            if glob is not None and glob(folded(cell.text)):
                return True
            return squeezed(cell.text) == tight
        return bool(cell.text) and squeezed(cell.text) == tight

    if part.sign == "!=":
        return lambda cell: is_there(cell) and not test(cell)
    return test


def kind_of_op(part: Part) -> RowTest:
    """The kind of layer that a row is, which `kind:` names beside the kind of row."""
    wanted = folded(part.value)
    if part.sign == "!=":
        return lambda row: False
    if part.sign == "=":
        return lambda row: row.op == wanted
    return lambda row: wanted in row.op


def comparison(key: str, compare: Callable[[float, float], bool], bound: float) -> CellTest:
    """`<`, `<=`, `>` and `>=`."""
    elements = key in _SHAPES

    def test(cell: Cell) -> bool:
        value = cell.value
        if isinstance(value, tuple):
            flat = _flat(value)
            if not flat:
                return elements and flat is not None and compare(1, bound)
            return compare(math.prod(flat) if elements else max(flat), bound)
        if isinstance(value, bool) or value is None:
            return False
        if isinstance(value, str):
            return value == "all" and compare(math.inf, bound)
        return compare(value, bound)

    return test


def _flat(value: tuple[Value, ...]) -> tuple[int | float, ...] | None:
    """The numbers in a cell such as 7×7 or 0+1×0+1; None if it holds anything else."""
    found: list[int | float] = []
    for item in chain.from_iterable(i if isinstance(i, tuple) else (i,) for i in value):
        if isinstance(item, bool) or not isinstance(item, int | float):
            return None
        found.append(item)
    return tuple(found)


def _has_sizes(
    flat: tuple[int | float, ...], sizes: tuple[float, ...], open_end: bool, inside: bool
) -> bool:
    """Whether a cell has these sizes: a run of a shape's, all of a window's, or one for all."""
    if inside:
        length = len(sizes)
        return any(flat[i : i + length] == sizes for i in range(len(flat) - length + 1))
    if open_end:
        return flat[: len(sizes)] == sizes
    if len(sizes) == 1:
        return all(number == sizes[0] for number in flat)
    return flat == sizes
