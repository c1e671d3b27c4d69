"""Named networks against the clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clocked_networks import SIZE, TINY

from resnet_inspect import pipeline
from resnet_inspect.errors import ForwardError, UnknownName
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements, mismatch


def test_what_was_measured_so_far_is_the_same_of_fewer_runs() -> None:
    states: list[tuple[Trace, Measurements]] = []
    runs = {"repeats": 3, "warm_up": 0, "backward": True}
    trace, whole = pipeline.measure(TINY, SIZE, runs=runs, so_far=states.append)
    assert [len(found.forward) for _, found in states] == [1, 2, 3]
    for of, found in states:
        n = len(found.forward)
        assert of is trace
        assert mismatch(trace, found) is None
        assert found == replace(
            whole,
            forward=whole.forward[:n],
            whole_forward=whole.whole_forward[:n],
            backward=whole.backward[:n],
            whole_backward=whole.whole_backward[:n],
        )


def test_channels_last_and_dtype_reach_the_network() -> None:
    runs = {"repeats": 1, "warm_up": 0, "channels_last": True}
    trace, found = pipeline.measure(TINY, SIZE, dtype="bf16", runs=runs)
    assert found.channels_last
    assert {spec.tensor.dtype for spec in trace.activations} == {"bfloat16"}


def test_the_mode_and_the_input_are_those_that_were_asked_for() -> None:
    runs = {"repeats": 1, "warm_up": 0}
    trace, found = pipeline.measure(TINY, (4, 3, 16, 16), mode="train", runs=runs)
    assert trace.provenance.mode == "train"
    assert trace.spec(trace.inputs[0]).shape == (4, 3, 16, 16)
    assert mismatch(trace, found) is None


def test_what_raises_is_told_as_a_trace_tells_it() -> None:
    with pytest.raises(ForwardError, match="takes 3 channels, not 4") as raised:
        pipeline.measure(TINY, (2, 4, 32, 32), runs={"repeats": 1})
    assert raised.value.trace.failure is not None
    with pytest.raises(UnknownName, match="resnet51"):
        pipeline.measure("resnet51")
