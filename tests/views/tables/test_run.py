"""The epochs of a run as a table, of one and of two, and what of it was frozen."""

from __future__ import annotations

from dataclasses import replace

from runs import EPOCHS, made
from saved import survey_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.run import epochs, frozen, side_by_side


def test_a_row_for_each_epoch() -> None:
    table = epochs(made())
    assert table.title == "resnet18 on folder:pets"
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["1", "1.50", "50.0%", "not finite", "30.0%", "0.00100", "2.0"],
        ["2", "0.250", "90.0%", "0.750", "80.0%", "5.00e-4", "2.5"],
    ]
    assert table.values(table.rows[0])["validation_loss"] is None
    assert table.remarks[0].startswith("2 of 3 epochs")
    assert dict(table.provenance)["torch"] == "2.6"


def test_two_runs_stand_side_by_side_as_far_as_each_has_come() -> None:
    one = made()
    longer = replace(one, epochs=(*EPOCHS, replace(EPOCHS[1], epoch=3, train_loss=0.125)))
    table = side_by_side([one, longer])
    assert [table.cell(row, "epoch").value for row in table.rows] == [1, 2, 3]
    last = table.rows[-1]
    assert (table.cell(last, "A_train_loss").value, table.cell(last, "A_train_loss").text) == (
        None,
        "",
    )
    assert table.cell(last, "B_train_loss").text == "0.125"
    first = table.rows[0]
    assert table.cell(first, "A_validation_loss").text == "not finite"
    assert table.title == "resnet18 on folder:pets"  # said once for both
    assert [remark[:2] for remark in table.remarks].count("B:") == len(table.remarks) // 2


def test_how_much_of_each_part_was_frozen() -> None:
    table = frozen(Survey(made().trace))
    rows = {table.cell(row, "part").text: table.values(row) for row in table.rows}
    assert list(rows) == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert (rows["stem"]["frozen"], rows["stem"]["share"]) == (9536, 1.0)
    assert (rows["layer1"]["frozen"], rows["layer1"]["share"]) == (0, 0.0)
    assert sum(row["parameters"] for row in rows.values()) == 11_689_512  # type: ignore[misc]
    trained = frozen(survey_of("resnet18"))
    assert {trained.cell(row, "frozen").value for row in trained.rows} == {0}
