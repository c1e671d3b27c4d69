"""The variants that can be named, as a table."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from resnet_inspect.errors import UnknownName
from resnet_inspect.views.tables.variants import SHOWN, check_keys, table


@dataclass(frozen=True)
class Known:
    name: str = "resnet50"
    family: str = "ResNet"
    block: str = "bottleneck"
    depths: tuple[int, ...] = (3, 4, 6, 3)
    parameters: int | None = 25_557_032
    macs: int | None = 4_089_184_256
    input: tuple[int, ...] = (1, 3, 224, 224)


def test_what_is_known_is_written_in_short() -> None:
    found = table([Known(), Known(name="odd", parameters=None, macs=None)])
    assert found.title == "2 models"
    first, second = ([cell.text for cell in row.cells] for row in found.rows)
    assert first == [
        "resnet50", "ResNet", "bottleneck", "3-4-6-3", "25,557,032", "4.089", "1×3×224×224",
    ]  # fmt: skip
    assert second[4:6] == ["?", "?"]
    assert found.cell(found.rows[0], "gmacs").value == 4.089184256
    assert found.cell(found.rows[1], "gmacs").value is None


def test_columns_are_chosen_and_all_are_kept() -> None:
    found = table([Known()], ("gmacs", "name"))
    assert found.shown == ("gmacs", "name")
    assert len(found.columns) == len(SHOWN)
    check_keys(SHOWN)
    with pytest.raises(UnknownName, match="'macs'") as unknown:
        check_keys(("name", "macs"))
    assert "known: name, family" in unknown.value.hint
