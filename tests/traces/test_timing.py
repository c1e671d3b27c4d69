"""Measurements: whose time it is, and what a file keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saved import names, steady, trace_of, traces
from timing_comparisons import timing_of
from timings import measured

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import (
    Ceiling,
    Machine,
    Measurements,
    Peak,
    course,
    joined,
    mismatch,
)


def test_every_module_call_is_entered_and_left_as_brackets_are(trace: Trace) -> None:
    running: list[str] = []
    for boundary in course(trace):
        if boundary.leaving:
            assert running.pop() == boundary.path
        else:
            running.append(boundary.path)
    assert not running
    modules = [call.module for call in trace.calls if call.module is not None]
    assert [b.path for b in course(trace) if not b.leaving] == modules


def test_a_residual_add_between_two_modules_has_its_own_time() -> None:
    trace = trace_of("resnet18")
    apart = {trace.calls[boundary.then].path for boundary in course(trace)}
    assert {"layer1.0:add", "layer4.1:add", ":flatten", "layer1.0"} <= apart


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Trace, Measurements]:
    """A trace with any measurements of it."""
    trace = draw(traces())
    calls = st.integers(0, len(trace.calls) - 1)
    counts = st.integers(0, 2**62)
    several = st.lists(counts, min_size=1, max_size=3).map(tuple)
    runs = st.lists(st.tuples(*[counts] * len(trace.calls)), min_size=1, max_size=3).map(tuple)
    backward = draw(st.booleans())
    return trace, Measurements(
        draw(st.builds(Machine, names, names, names, counts, counts, names)),
        draw(names), draw(st.booleans()), draw(counts), draw(runs), draw(several),
        draw(runs) if backward else (), draw(several) if backward else (),
        draw(st.just(()) | several),
        draw(st.builds(Ceiling, counts, several)), draw(st.builds(Ceiling, counts, several)),
        draw(st.builds(Peak, counts, calls, st.lists(st.tuples(calls, counts)).map(tuple),
                       st.none() | counts)),
        draw(st.lists(names, max_size=2).map(tuple)),
    )  # fmt: skip


@settings(steady, max_examples=30)
@given(st.lists(pairs(), min_size=1, max_size=2).map(tuple))
def test_any_measurements_are_the_same_after_a_round_trip(
    kept: tuple[tuple[Trace, Measurements], ...],
) -> None:
    assert codec.loads_measured(codec.dumps_measured(kept)) == kept


def test_what_are_no_measurements_is_refused() -> None:
    trace = trace_of("resnet18")
    good = measured(trace)
    foreign = [
        replace(good, forward=(good.forward[0][1:],)),
        replace(good, forward=()),
        replace(good, whole_backward=(1,)),
        replace(good, copy=Ceiling(1, ())),
        replace(good, peak=Peak(1, 10**6, ())),
        replace(good, peak=Peak(1, 0, ((10**6, 1),))),
    ]
    written = [codec.dumps_measured([(trace, one)]) for one in foreign]
    sound = codec.dumps_measured([(trace, good)])
    written += [
        codec.dumps(trace), sound[:-9], codec.dumps_measured([]),
        sound.replace('"format_version":1', '"format_version":9'),
        sound.replace('"warm_up":1', '"warm_up":-1'), sound.replace('"cores"', '"cures"'),
    ]  # fmt: skip
    for text in written:
        with pytest.raises(TraceFileError) as caught:
            codec.loads_measured(text)
        assert len(caught.value.message.splitlines()) == 1


def test_damaged_measurements_are_no_trace_either() -> None:
    trace = trace_of("resnet18")
    with pytest.raises(TraceFileError, match="damaged measurements: no run was measured"):
        codec.loads(codec.dumps_measured([(trace, replace(measured(trace), forward=()))]))


def test_the_runs_of_two_rounds_are_those_of_one() -> None:
    first, more = (timing_of("resnet18", runs=runs).measured for runs in ((1, 2), (3,)))
    both = joined(first, more)
    once = timing_of("resnet18", runs=(1, 2, 3)).measured
    assert both == once
    assert mismatch(trace_of("resnet18"), both) is None
    other = timing_of("resnet34").measured
    assert mismatch(trace_of("resnet18"), joined(first, other)) is not None
