"""The stages view: what each stage does, row for row."""

from __future__ import annotations

import pytest
from saved import survey_of
from table_rows import rows_of

from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "resnet34",
            [
                "3 blocks; planes and dimensions unchanged",
                "4 blocks; planes ×2, dimensions ÷2",
                "6 blocks; planes ×2, dimensions ÷2",
                "3 blocks; planes ×2, dimensions ÷2",
            ],
        ),
        (
            "resnet50",
            [
                "3 blocks; planes ×4, dimensions unchanged",
                "4 blocks; planes ×2, dimensions ÷2",
                "6 blocks; planes ×2, dimensions ÷2",
                "3 blocks; planes ×2, dimensions ÷2",
            ],
        ),
    ],
)
def test_stages_say_what_they_do(name: str, notes: list[str]) -> None:
    rows = rows_of(name, "stages")
    assert [row["kind"] for row in rows] == ["stem", *["stage"] * 4, "head"]
    assert [row["note"] for row in rows[1:-1]] == notes


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_80_columns_show_what_a_stage_takes_gives_and_does(name: str) -> None:
    layout = lay_out(VIEWS["stages"](survey_of(name), Selection()), 80)
    assert not {"path", "input_shape", "output_shape", "note"} & set(layout.dropped)


def test_stages_of_resnet50_row_for_row() -> None:
    rows = rows_of("resnet50", "stages")
    found = [
        tuple(row[key] for key in ("path", "output_shape", "jump", "receptive_field"))
        for row in rows
    ]
    assert found == [
        ("stem", "1×64×56×56", "4×4", "11×11"),
        ("layer1", "1×256×56×56", "4×4", "35×35"),
        ("layer2", "1×512×28×28", "8×8", "91×91"),
        ("layer3", "1×1024×14×14", "16×16", "267×267"),
        ("layer4", "1×2048×7×7", "32×32", "427×427"),
        ("head", "1×1000", "", "all"),
    ]
    assert [row["parameters"] for row in rows] == [
        "9,536", "215,808", "1,219,584", "7,098,368", "14,964,736", "2,049,000",
    ]  # fmt: skip
