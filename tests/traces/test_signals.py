"""Signals that are none of a trace, or that no tensor can have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from saved import trace_of
from signals import signals

from resnet_inspect.traces.signals import mismatch

TRACE = trace_of("plain")
STEP = signals(TRACE)


def test_signals_of_a_trace_are_of_each_of_its_calls() -> None:
    assert mismatch(TRACE, (STEP, replace(STEP, flows=(None,) * len(TRACE.calls)))) is None
    assert mismatch(TRACE, ()) == "there is no step"
    short = replace(STEP, flows=STEP.flows[1:])
    assert mismatch(TRACE, (STEP, short)) == "a step has another number of calls than the trace"
    assert (
        mismatch(TRACE, (replace(STEP, loss_name="hinge"),))
        == "a step has a loss that is not known"
    )


@pytest.mark.parametrize(
    "numbers",
    [
        {"std": -1e-9},
        {"largest": -1.0},
        {"gradient_norm": -0.5},
        {"channel_variance": -1.0},
        {"channel_mean_squared": -1.0},
        {"zeros": 10**9},
        {"nonfinite": 10**9},
    ],
    ids=lambda numbers: next(iter(numbers)),
)
def test_a_number_that_no_tensor_has_is_seen_in_any_step(numbers: dict[str, Any]) -> None:
    *before, last = STEP.flows
    assert last is not None
    wrong = replace(STEP, flows=(*before, replace(last, **numbers)))
    said = mismatch(TRACE, (STEP, wrong))
    assert said == "a call has a negative spread, or more zeros than elements"


@pytest.mark.parametrize("norm", ["norm", "gradient_norm", "update_ratio"])
def test_a_norm_is_never_below_zero(norm: str) -> None:
    *before, last = STEP.weights
    for number, said in ((-1.0, "a parameter has a negative norm"), (0.0, None), (None, None)):
        weights = (*before, replace(last, **{norm: number}))  # type: ignore[arg-type]
        assert mismatch(TRACE, (replace(STEP, weights=weights),)) == said
