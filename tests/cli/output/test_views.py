"""The table that the options of a command ask for: of a trace, or of what a file holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from commands import SAVED, inspect, refused
from saved import survey_of, trace_of
from signals import run_of

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.cli.output.views import table_of, with_signals
from resnet_inspect.traces.json.codec import Saved
from resnet_inspect.views.tables import VIEWS

UNASKED: dict[str, Any] = {
    "view": "layers", "everything": False, "only": None, "match": None, "where": None,
    "stage": None, "depth": None, "fold": False, "columns": None, "count_as": None,
}  # fmt: skip


def spread(saved: Saved, **options: Any) -> Any:
    """The spread of what conv1 makes, in the table of what a file holds."""
    table = table_of(saved, UNASKED | options)
    (row,) = [row for row in table.rows if table.cell(row, "path").text == "conv1"]
    return table.cell(row, "output_std").value


def test_a_file_of_steps_is_shown_with_the_last_of_them() -> None:
    trace = trace_of("resnet18")
    (conv1,) = trace.calls_at["conv1"]
    assert spread(Saved(trace, steps=run_of(trace, 3))) == 1.0 + conv1 + 20
    table = table_of(Saved(trace, steps=run_of(trace, 3)), UNASKED | {"view": "modules"})
    assert table.shown == VIEWS["modules"].shown, "no module is a call"
    assert table_of(Saved(trace), UNASKED).shown == VIEWS["layers"].shown


def test_columns_are_added_to_those_of_what_flowed() -> None:
    flowed = Signal(survey_of("resnet18"), run_of(trace_of("resnet18"), 1)[0])
    own = with_signals(flowed, UNASKED)
    assert own.figure is not None
    more = with_signals(flowed, UNASKED | {"columns": "+jump", "count_as": "thop"})
    assert more.shown == (*own.shown, "jump")
    assert [total.key for total in more.totals if total.key not in {t.key for t in own.totals}] == [
        "macs_thop"
    ]


@pytest.mark.parametrize("arguments", [("show", str(SAVED)), ("trace", "resnet50")])
def test_a_total_by_another_convention_stands_beside_ours(arguments: tuple[str, ...]) -> None:
    done = inspect(*arguments, "--count-as", "thop", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["totals"]["macs"] == 4_089_184_256
    assert document["totals"]["macs_thop"] == 4_133_742_592
    refused(inspect("show", str(SAVED), "--count-as", "abacus"), 2, "abacus", "torchinfo")
