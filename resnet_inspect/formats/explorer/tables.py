"""A table as plain data: each distinct cell of a column once, and rows that hold their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from resnet_inspect.formats import json
from resnet_inspect.views.tables.table import Row, Table

_SUBTOTAL, _RAISED, _MAIN = 1, 2, 4


def plain_table(
    table: Table,
    rows: Sequence[Row],
    places: Callable[[Row], tuple[int, int]],
    is_main: Callable[[Row], bool],
) -> dict[str, Any]:
    """A table with each distinct cell of a column once, and rows that hold their numbers."""
    known: list[dict[tuple[str, str], int]] = [{} for _ in table.columns]
    distinct: list[list[Any]] = [[] for _ in table.columns]
    written = []
    for row in rows:
        flags = _SUBTOTAL * row.subtotal + _RAISED * row.raised + _MAIN * is_main(row)
        line: list[Any] = [row.kind, row.level, flags, row.op, *places(row)]
        for column, cell in enumerate(row.cells):
            key = repr(cell.value), cell.text
            place = known[column].get(key)
            if place is None:
                place = known[column][key] = len(distinct[column])
                value = _plain(cell.value)
                distinct[column].append(cell.text if value == cell.text else [value, cell.text])
            line.append(place)
        written.append(line)
    head = json.frame(table)
    for column, heading in zip(head["columns"], table.columns, strict=True):
        column["align"] = heading.align
    return {**head, "shown": table.shown, "cells": distinct, "rows": written}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it: it has no number that is infinite or none."""
    if isinstance(value, float) and not isfinite(value):
        return None
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
