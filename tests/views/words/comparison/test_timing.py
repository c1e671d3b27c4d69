"""What is claimed of the times of two networks, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from saved import survey_of, trace_of
from timing_comparisons import MILLISECOND, even, of, paths, slower, timing_of
from timings import MACHINE

from resnet_inspect.analysis.timing import Timing
from resnet_inspect.views.tables.comparison.timing import shown, view
from resnet_inspect.views.words.comparison.timing import conclusions


def test_more_and_less_are_named_by_size() -> None:
    extra = {"conv1": 2, "layer1.0.conv1": 3, "layer2.0.conv1": 4, "layer3.0.conv1": 6, "fc": 1}
    left = timing_of("resnet18", slower("layer4.1.bn2", 9 * MILLISECOND))
    right = timing_of("resnet18", lambda call: even(call) + extra.get(call.path, 0) * MILLISECOND)
    assert list(conclusions(of(left, right)))[1:] == [
        "forward: the right takes 6.000 ms more in stage 3, 4.000 ms more in stage 2, 3.000 ms more"
        " in stage 1 and 3.000 ms more in 2 others; 9.000 ms less in stage 4",
        "forward, by block: the right takes 6.000 ms more in layer3.0, 4.000 ms more in layer2.0"
        " and 3.000 ms more in layer1.0; 9.000 ms less in layer4.1",
    ]


def test_one_run_says_nothing_of_what_runs_differ_by() -> None:
    found = of(timing_of("resnet18", runs=(0,)), timing_of("resnet18", runs=(9 * MILLISECOND,)))
    assert not found.whole().is_certain
    (said,) = conclusions(found)
    assert said.endswith("a single run does not say what runs differ by")


def test_where_there_is_no_stage_the_steps_are_named() -> None:
    calls = trace_of("plain").calls
    path = next(call.path for call in calls if call.index > 2 and call.module)
    found = of(timing_of("plain"), timing_of("plain", slower(path, 7 * MILLISECOND)))
    assert list(conclusions(found))[1:] == [f"forward: the right takes 7.000 ms more in {path}"]


def test_the_backward_pass_is_told_apart() -> None:
    left = timing_of("resnet18", backward=True)
    slow = timing_of("resnet18", slower("fc", 3 * MILLISECOND)).measured
    runs = {"backward": slow.forward, "whole_backward": slow.whole_forward}
    right = Timing(left.survey, replace(left.measured, **runs))
    found = of(left, right)
    said = list(conclusions(found))
    assert said[0].endswith("less than the runs differ by")
    assert "the left is faster, by 3.000 ms" in said[1]
    assert said[2:] == ["backward: the right takes 3.000 ms more in the head"]
    assert "fc" in [path.rpartition(".")[2] for path in paths(view(found, brief=True))]
    assert {"left_backward_time", "backward_difference"} <= set(shown(found))
    assert "backward_difference" not in shown(of(timing_of("resnet18"), timing_of("resnet34")))


UNLIKE = "not measured alike"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"machine": replace(MACHINE, threads=4)},
            "not measured alike: 2 threads against 4 threads",
        ),
        ({"channels_last": True}, f"{UNLIKE}: channels first against channels last"),
        (
            {"machine": replace(MACHINE, device="cuda:0", name="NVIDIA H200")},
            "the times are of different machines: by hand against NVIDIA H200, cpu against cuda:0",
        ),
        ({}, None),
    ],
)
def test_what_was_not_measured_alike_is_one_line(
    settings: dict[str, Any], said: str | None
) -> None:
    lines = list(conclusions(of(timing_of("resnet18"), timing_of("resnet18", **settings))))
    assert lines[:-1] == ([said] if said else [])


def test_other_inputs_are_said_and_compared_by_the_sample() -> None:
    left, right = timing_of("resnet18"), timing_of("resnet18")
    trace = right.survey.trace
    given = trace.inputs[0].activation
    activations = list(trace.activations)
    spec = replace(trace.spec(trace.inputs[0]), shape=(4, 3, 224, 224), dtype="bfloat16")
    activations[given] = replace(activations[given], tensor=spec)
    other = replace(right.survey, trace=replace(trace, activations=tuple(activations)))
    found = of(left, Timing(other, right.measured))
    first, *_, last = conclusions(found)
    assert first == (f"{UNLIKE}: 1×3×224×224 against 4×3×224×224, float32 against bfloat16")
    rate = 1e9 / sum(left.measured.forward[0])
    assert last == f"samples/s: {rate:,.1f} against {4 * rate:,.1f} (×4.00)"


def test_blocks_that_no_module_holds_are_named_by_their_place() -> None:
    (stage, *_) = survey_of("names").anatomy.stages
    third = survey_of("names").trace.calls[stage.blocks[2].branch[0]]
    found = of(timing_of("names"), timing_of("names", slower(third.path, MILLISECOND)))
    said = " ".join(conclusions(found))
    assert ":add" not in said
    assert "by block: the right takes 1.000 ms more in block 3 of stage 1" in said
