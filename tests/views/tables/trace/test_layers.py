"""The layers view, row for row: the tutorials' walk-throughs, and what is told truly."""

from __future__ import annotations

from saved import NAMES, survey_of
from table_rows import rows_of

from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


def test_nothing_of_the_layers_is_left_out_when_all_is_asked_for() -> None:
    for name in NAMES:
        survey = survey_of(name)
        rows = VIEWS["layers"](survey, Selection(everything=True)).rows
        steps = [row for row in rows if row.kind in {"layer", "function"}]
        assert len(steps) == len(survey.trace.steps)


def test_the_first_block_of_resnet34_row_for_row() -> None:
    rows = rows_of("resnet34", everything=True)
    start = next(i for i, row in enumerate(rows) if row["path"] == "layer1.0")
    full = "1×64×56×56"
    walk = [
        ("layer1.0", "basic", "", "", "", full, full),
        ("layer1.0.conv1", "conv", "3×3", "1×1", "1×1", full, full),
        ("layer1.0.bn1", "batch norm", "", "", "", full, full),
        ("layer1.0.relu", "relu", "", "", "", full, full),
        ("layer1.0.conv2", "conv", "3×3", "1×1", "1×1", full, full),
        ("layer1.0.bn2", "batch norm", "", "", "", full, full),
        ("layer1.0:add", "add", "", "", "", full, full),
        ("layer1.0.relu #2", "relu", "", "", "", full, full),
        ("layer1.1", "basic", "", "", "", full, full),
    ]
    keys = ("path", "op", "kernel_size", "stride", "padding", "input_shape", "output_shape")
    found = [tuple(row[key] for key in keys) for row in rows[start : start + len(walk)]]
    assert found == walk
    assert rows[start]["note"] == "identity shortcut"
    assert rows[start + 6]["note"] == "+ identity"


def test_the_stem_of_resnet34_row_for_row() -> None:
    rows = rows_of("resnet34", columns=("path", "kernel_size", "stride", "padding", "output_shape"))
    found = [(r["path"], r["kernel_size"], r["stride"], r["padding"]) for r in rows[1:3]]
    assert found == [("conv1", "7×7", "2×2", "3×3"), ("maxpool", "3×3", "2×2", "1×1")]
    assert [r["output_shape"] for r in rows[1:3]] == ["1×64×112×112", "1×64×56×56"]


def test_video_windows_have_three_numbers() -> None:
    first = next(row for row in rows_of("r3d_18") if row["path"] == "stem.0")
    assert (first["kernel_size"], first["stride"], first["padding"]) == ("3×7×7", "1×2×2", "1×3×3")
    assert first["output_shape"] == "1×64×16×56×56"


def test_shared_tied_uncalled_and_unknown_are_told() -> None:
    table = VIEWS["layers"](survey_of("oddities"), Selection())
    by_path = {table.cell(row, "path").text: row for row in table.rows}
    assert table.cell(by_path["shared"], "parameters").value == 144
    assert table.cell(by_path["shared #2"], "parameters").value == 0
    assert table.cell(by_path["decoder"], "parameters").value == 0
    lstm = by_path["lstm"]
    assert (table.cell(lstm, "op").text, table.cell(lstm, "macs").text) == ("LSTM", "?")
    assert table.cell(lstm, "macs").value is None
    hidden = by_path["not shown"]
    assert table.cell(hidden, "parameters").value == 28
    assert "28 parameters that no step uses" in table.cell(hidden, "note").text
    assert "never called: uncalled (28 parameters)" in table.remarks
    assert "MACs are partial: no rule for LSTM (1 call)" in table.remarks
    macs = next(total for total in table.totals if total.key == "macs")
    assert macs.cell.text == "10,656 (partial)"


def test_a_failure_is_the_first_remark() -> None:
    table = VIEWS["layers"](survey_of("broken"), Selection())
    assert "raised" in table.remarks[0]
    assert "conv2" in table.remarks[0]
    assert table.cell(table.rows[1], "output_shape").value is None
