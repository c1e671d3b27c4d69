"""Columns are named as people spell them; the nearest name is told for another."""

from __future__ import annotations

import pytest

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.filter import parse


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strid:2", "no column 'strid': did you mean stride?"),
        ("Strides>2", "no column 'Strides': did you mean stride?"),
        ("recptive_field>2", "no column 'recptive_field': did you mean receptive_field?"),
        ("conv parms>1M", "no column 'parms': did you mean params?"),
        ("-kernal=3", "no column 'kernal': did you mean kernel?"),
        ("qqqqqq=3", "no column 'qqqqqq'"),
        ("params>many", "params> needs a number, not 'many'"),
        ("params>5Q", "params> needs a number, not '5Q'"),
    ],
)
def test_problems_are_named_with_the_nearest_name(text: str, problem: str) -> None:
    assert parse(text).problems == (problem,)


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
