"""The blocks view: identical ones fold into one row."""

from __future__ import annotations

from table_rows import rows_of


def test_identical_blocks_fold_into_one_row() -> None:
    rows = [row for row in rows_of("resnet50", "blocks", fold=True) if row["kind"] == "block"]
    assert [row["path"] for row in rows] == [
        "layer1.0", "layer1.1 ×2", "layer2.0", "layer2.1 ×3", "layer3.0", "layer3.1 ×5",
        "layer4.0", "layer4.1 ×2",
    ]  # fmt: skip
