"""Taps against what the tutorials and torchvision say of the same networks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.traces.invariants import unsound
from resnet_inspect.traces.tensors import Port


def found(name: str) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    return [(tap.path, tap.shape[1:], tap.stride) for tap in find(survey_of(name)).down]


@pytest.mark.parametrize(
    ("name", "planes"),
    [
        ("resnet18", (64, 64, 128, 256, 512)),
        ("resnet34", (64, 64, 128, 256, 512)),
        ("resnet50", (64, 256, 512, 1024, 2048)),
        ("resnet101", (64, 256, 512, 1024, 2048)),
    ],
)
def test_a_classifier_has_a_tap_for_each_stride_from_2_to_32(name, planes):
    paths = ("relu", "layer1", "layer2", "layer3", "layer4")
    sizes = (112, 56, 28, 14, 7)
    assert found(name) == [
        (path, (c, size, size), (stride, stride))
        for path, c, size, stride in zip(paths, planes, sizes, (2, 4, 8, 16, 32), strict=True)
    ]


def test_a_dilated_backbone_ends_at_stride_8():
    assert [(path, stride) for path, _, stride in found("fcn_resnet50")] == [
        ("backbone.relu", (2, 2)),
        ("backbone.layer1", (4, 4)),
        ("backbone", (8, 8)),
    ]


def test_each_dimension_of_a_video_has_its_own_stride():
    assert [stride for _, _, stride in found("r3d_18")] == [
        (1, 2, 2), (2, 4, 4), (4, 8, 8), (8, 16, 16),
    ]  # fmt: skip


def test_a_plain_network_has_taps_too():
    assert [path for path, _, _ in found("plain")] == ["features.1", "features.4", "features"]


@pytest.mark.parametrize("name", ["broken", "dense", "functional", "plain"])
def test_what_is_given_is_no_tap_wherever_it_comes_out_again(name):
    trace = trace_of(name)
    for given in range(len(trace.activations)):
        as_input = replace(trace, inputs=(Port("", given),))
        assert unsound(as_input) is None
        assert given not in {tap.activation for tap in find(Survey(as_input)).all}
    (own,) = trace.inputs
    for step in trace.steps:
        call = replace(trace.calls[step], outputs=(own,))
        given_back = replace(trace, calls=(*trace.calls[:step], call, *trace.calls[step + 1 :]))
        if unsound(given_back) is None:
            taps = find(Survey(given_back))
            assert own.activation not in {tap.activation for tap in taps.all}
