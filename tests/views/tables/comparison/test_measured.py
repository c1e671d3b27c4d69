"""Two networks side by side, with whatever was measured of either."""

from __future__ import annotations

import pytest
from saved import trace_of
from signals import run_of
from timings import measured

from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.json.codec import Saved
from resnet_inspect.traces.signals import Signals
from resnet_inspect.traces.timing import Measurements
from resnet_inspect.views.tables.comparison import headings, signals
from resnet_inspect.views.tables.comparison.measured import Compared
from resnet_inspect.views.tables.rows.selection import Selection


def saved(name: str, times: Measurements | None = None, steps: tuple[Signals, ...] = ()) -> Saved:
    return Saved(trace_of(name), times, steps)


def test_nothing_measured_is_a_comparison_of_layers() -> None:
    found = Compared.of(saved("resnet18"), saved("resnet34"))
    assert found.shown == headings.SHOWN
    table = found.view(brief=True)
    assert table.shown == headings.SHOWN
    assert set(table.index) == set(headings.KEYS)


def test_times_of_either_side_are_shown() -> None:
    times = measured(trace_of("resnet34"))
    for sides in ((saved("resnet18"), saved("resnet34", times)),
                  (saved("resnet34", times), saved("resnet18"))):  # fmt: skip
        found = Compared.of(*sides)
        assert "time_difference" in found.shown
        assert "time_difference" in found.view().index


def test_signals_come_before_times_and_the_last_step_is_taken() -> None:
    trace = trace_of("resnet18")
    steps = run_of(trace, 3)
    found = Compared.of(saved("resnet18", measured(trace), steps), saved("resnet34"))
    assert found.shown == signals.SHOWN
    assert found.signals[0] is not None
    assert found.signals[0].signals == steps[-1]
    assert found.signals[1] is None
    assert "output_std_ratio" in found.view().index
    with pytest.raises(UnknownName, match="time_difference"):
        found.view(Selection(columns=("time_difference",)))
