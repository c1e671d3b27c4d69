"""What was recorded of a network, read beside its own columns."""

from __future__ import annotations

from pathlib import Path

from by_hand import measured
from saved import survey_of, trace_of
from signals import run_of

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.tui.session.measured import Flowing, Timed, beside


def flowing(steps: int) -> Flowing:
    """So many steps of a saved network, the last of them shown."""
    found = beside(survey_of("resnet18"), run_of(trace_of("resnet18"), steps))
    assert isinstance(found, Flowing)
    return found


def test_of_a_run_the_last_step_is_shown_first_and_named_where_there_are_several() -> None:
    assert flowing(3).title == "step 200 (3 of 3)"
    assert flowing(1).title == ""
    assert flowing(12).title == "step 1,100 (12 of 12)"


def test_steps_end_at_the_first_and_the_last() -> None:
    shown = flowing(3)
    assert [shown.moved(by).at for by in (1, 0, -1, -2, -9)] == [2, 2, 1, 0, 0]
    assert shown.moved(-9).moved(9).at == 2
    assert shown.moved(-1).title == "step 100 (2 of 3)"


def test_the_table_has_the_values_of_the_step_that_is_shown() -> None:
    shown, table = flowing(3), ri.tabulate(trace_of("resnet18"))
    (conv1,) = trace_of("resnet18").calls_at["conv1"]
    for by, more in ((0, 20), (-2, 0)):
        made = shown.moved(by).table(table, ())
        (row,) = [row for row in made.rows if made.cell(row, "path").text == "conv1"]
        assert made.cell(row, "output_std").value == 1.0 + conv1 + more


def test_what_was_recorded_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    trace, found = measured("resnet18")
    timed = beside(survey_of("resnet18"), found)
    assert isinstance(timed, Timed)
    file.write_text(timed.dumps(), encoding="utf-8")
    assert pipeline.load_saved(file).trace == trace
    assert pipeline.load_saved(file).recorded == found
    file.write_text(flowing(3).moved(-1).dumps(), encoding="utf-8")
    assert pipeline.load_saved(file).recorded == run_of(trace, 3), "all steps, whichever is shown"
