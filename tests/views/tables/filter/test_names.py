"""Columns are named as people spell them; the nearest name is told for another."""

from __future__ import annotations

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter import parse


def test_only_the_columns_that_are_given_can_be_named() -> None:
    columns = [COLUMNS["path"], COLUMNS["stride"]]
    assert parse("stride:2 layer:conv", columns).problems == ()
    assert parse("kernels>2", columns).problems == ("no column 'kernels'",)
    assert parse("k>2", columns).problems == ("no column 'k'",)
    assert len(parse("stride:2", []).problems) == 1


def test_every_column_can_be_named_by_key_and_title() -> None:
    for column in COLUMNS.values():
        for name in (column.key, column.title, column.title.upper(), f"  {column.title}"):
            for sign in (":", "=", "!=", ">", ">=", "<", "<=", " > "):
                asked = parse(f"{name}{sign}1")
                assert asked.problems == ()
                assert asked.words == ()
