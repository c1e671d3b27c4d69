"""Which cells are marked as changed."""

from __future__ import annotations

import pytest
from driving import (
    DATA,
    SAVED,
)

import resnet_inspect as ri
from resnet_inspect.tui.panels.changes import changes


@pytest.mark.parametrize("name", SAVED)
def test_nothing_has_changed_in_the_same_trace(name: str) -> None:
    table = ri.tabulate(ri.load(DATA / f"{name}.json"))
    assert changes(table, table) == set()
