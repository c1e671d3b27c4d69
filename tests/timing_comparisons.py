"""Networks with times made by hand, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from saved import survey_of, trace_of
from timings import MACHINE

from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.comparison.timing import TimingComparison
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.timing import Ceiling, Measurements, Peak, course
from resnet_inspect.views.tables.table import Table

MILLISECOND = 1_000_000


def even(call: Call) -> int:
    """Each call takes another time, of a few microseconds."""
    return 1000 + call.index * call.index % 997


def timing_of(
    name: str,
    take: Callable[[Call], int] = even,
    *,
    runs: Sequence[int] = (0, 0, 0),
    backward: bool = False,
    **settings: Any,
) -> Timing:
    """A network whose calls take that many nanoseconds; in each run, the first so much more."""
    trace = trace_of(name)
    apart = {boundary.then for boundary in course(trace)}
    once = [take(call) if call.index in apart else 0 for call in trace.calls]
    forward = tuple((once[0] + more, *once[1:]) for more in runs)
    whole = tuple(map(sum, forward))
    return Timing(
        survey_of(name),
        Measurements(
            **{
                "machine": MACHINE, "measured_at": "2026-01-01T00:00:00+00:00", "warm_up": 1,
                "channels_last": False, "compiled": (), "forward": forward, "whole_forward": whole,
                "backward": forward if backward else (),
                "whole_backward": whole if backward else (),
                "matmul": Ceiling(2 * 10**9, (1_000_000,)), "copy": Ceiling(10**8, (4_000_000,)),
                "peak": Peak(1024, 0, ((0, 1024),)),
                **settings,
            }
        ),
    )  # fmt: skip


def of(left: Timing | None, right: Timing | None) -> TimingComparison:
    surveys = (speed.survey if speed else survey_of("resnet18") for speed in (left, right))
    return TimingComparison(compare(*surveys), left, right)


def slower(path: str, nanoseconds: int) -> Callable[[Call], int]:
    """One call takes so much longer."""
    return lambda call: even(call) + (nanoseconds if call.path == path else 0)


def column(table: Table, key: str) -> list[Any]:
    """The values of a column, of rows that nothing below breaks down."""
    return [table.cell(row, key).value for row in table.rows if not row.subtotal]


def paths(table: Table) -> list[str]:
    return [table.cell(row, "path").text for row in table.rows]
