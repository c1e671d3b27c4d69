"""The roofline against its definition."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.analysis.cost import roofline
from resnet_inspect.analysis.cost.roofline import Device


def step_of(path):
    survey = survey_of("resnet50")
    return next(s for s in roofline.steps(survey) if survey.trace.calls[s.call].path == path)


def test_the_intensity_of_a_convolution_is_its_formula():
    # layer1.0.conv2: 64 to 64 planes, 3×3, on 56×56 at float32.
    flops = 2 * 64 * 64 * 9 * 56 * 56
    moved = 4 * (2 * 64 * 56 * 56 + 64 * 64 * 9)
    step = step_of("layer1.0.conv2")
    assert (step.flops, step.nbytes, step.intensity) == (flops, moved, flops / moved)
    assert step.bound(Device(1e12, 1e11)) == "compute"
    assert step.bound(Device(1e15, 1e11)) == "memory"
    assert step.seconds(Device(1e12, 1e11)) == flops / 1e12
    assert step.seconds(Device(1e15, 1e11)) == moved / 1e11


def test_an_addition_reads_two_maps_and_writes_one():
    assert step_of("layer1.0:add").nbytes == 3 * 4 * 256 * 56 * 56


def test_a_flatten_moves_nothing():
    survey = survey_of("resnet50")
    assert "flatten" not in {survey.trace.calls[s.call].path for s in roofline.steps(survey)}
    assert not any(":flatten" in survey.trace.calls[s.call].path for s in roofline.steps(survey))


def test_the_steps_flops_sum_to_the_network_s():
    survey = survey_of("resnet50")
    assert sum(step.flops for step in roofline.steps(survey)) == 2 * 4_089_184_256
