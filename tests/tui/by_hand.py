"""Measurements made by hand of a saved network, and a process that gives them run by run."""

from __future__ import annotations

from pathlib import Path

import resnet_inspect as ri
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Ceiling, Machine, Measurements, Peak, course

DATA = Path(__file__).parents[1] / "data"
MACHINE = Machine("cpu", "a machine by hand", "Linux x86_64", 8, 2, "2.15.0")
MICROSECOND = 1_000


def took(index: int, run: int) -> int:
    """Nanoseconds of a call in a run; the median of the first runs differs from one to the next."""
    return (index * index % 97 + 1) * (100 + run) * MICROSECOND


def measured(name: str = "resnet18", runs: int = 3) -> Measured:
    """So many runs of a saved network; a call whose time cannot be told apart has none."""
    return of_trace(ri.load(DATA / f"{name}.json"), runs)


def of_trace(trace: Trace, runs: int = 3) -> Measured:
    """So many runs of a network."""
    apart = {boundary.then for boundary in course(trace)}
    calls = range(len(trace.calls))
    forward = tuple(tuple(took(i, n) if i in apart else 0 for i in calls) for n in range(runs))
    return trace, Measurements(
        machine=MACHINE,
        measured_at="2026-01-01T00:00:00+00:00",
        channels_last=False,
        warm_up=1,
        forward=forward,
        whole_forward=tuple(sum(run) for run in forward),
        backward=(),
        whole_backward=(),
        compiled=(),
        matmul=Ceiling(2 * 10**9, (2_000_000, 1_000_000)),
        copy=Ceiling(10**8, (4_000_000, 5_000_000)),
        peak=Peak(3072, 2, ((2, 2048), (1, 1024))),
    )
