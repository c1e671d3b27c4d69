"""Measurements made by hand."""

from __future__ import annotations

from typing import Any

from saved import survey_of, trace_of

from resnet_inspect.analysis.timing import Timing
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Ceiling, Machine, Measurements, Peak, course

MACHINE = Machine("cpu", "by hand", "Linux x86_64", 8, 2, "2.15.0")
WHOLE = (1_000_000, 1_200_000, 1_100_000)


def measured(trace: Trace, *, backward: bool = False) -> Measurements:
    """Three runs in which every call takes another time; calls that cannot be told apart none."""
    apart = {boundary.then for boundary in course(trace)}
    runs = tuple(
        tuple((i * i % 997 + 3) * run if i in apart else 0 for i in range(len(trace.calls)))
        for run in (100, 170, 90)
    )
    return Measurements(
        machine=MACHINE,
        measured_at="2026-01-01T00:00:00+00:00",
        channels_last=False,
        warm_up=1,
        forward=runs,
        whole_forward=WHOLE,
        backward=runs[1:] if backward else (),
        whole_backward=WHOLE[1:] if backward else (),
        compiled=(),
        matmul=Ceiling(2 * 10**9, (2_000_000, 1_000_000)),
        copy=Ceiling(10**8, (4_000_000, 5_000_000)),
        peak=Peak(3072, len(trace.calls) - 1, ((len(trace.calls) - 1, 2048), (1, 1024))),
    )


def timing_of(name: str, **settings: Any) -> Timing:
    return Timing(survey_of(name), measured(trace_of(name), **settings))
