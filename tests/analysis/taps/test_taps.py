"""Taps against what the tutorials and torchvision say of the same networks."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from saved import survey_of, trace_of

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import decoders
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Taps
from resnet_inspect.errors import BadInput
from resnet_inspect.formats import render
from resnet_inspect.traces.invariants import unsound
from resnet_inspect.traces.tensors import Port
from resnet_inspect.views.programs.taps import program
from resnet_inspect.views.tables import taps as views


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


def test_sizes_that_divide_are_no_misfit():
    survey = survey_of("resnet50")
    assert decoders.misfits(find(survey)) == ()


def test_an_odd_size_is_told_with_what_a_decoder_misses():
    survey = survey_of("resnet18_odd")
    height, width = decoders.misfits(find(survey))
    assert height.size == 225
    assert height.sizes == (113, 57, 29, 15, 8)
    assert height.nearest == (224, 256)
    assert height.misses == ((226, 225), (114, 113), (58, 57), (30, 29), (16, 15))
    assert (width.size, width.nearest) == (161, (160, 192))
    assert views.view(survey).remarks[0] == (
        "height 225 does not divide by every stride: 113, 57, 29, 15, 8; upsampling gives 16"
        " where the skip has 15 (nearest that would: 224 and 256)"
    )


def test_a_unet_decoder_takes_what_comes_from_below_and_the_skip():
    plan = [
        (step.upsampled, step.skip, step.inputs, step.out)
        for step in decoders.unet(find(survey_of("resnet34")).down)
    ]
    # segmentation_models_pytorch's Unet("resnet34"): in channels 512+256, 256+128, ..., 32.
    assert plan == [
        (512, 256, 768, 256),
        (256, 128, 384, 128),
        (128, 64, 192, 64),
        (64, 64, 128, 32),
        (32, 0, 32, 16),
    ]


@pytest.mark.parametrize("channels", [(8,), (5, 4, 3), (9, 8, 7, 6, 5, 4, 3)])
def test_a_decoder_of_other_channels_ends_at_the_input_size(channels):
    steps = decoders.unet(find(survey_of("resnet50")).down, channels)
    assert len(steps) == 5
    factor = 1
    for number, step in enumerate(steps):
        assert step.out == channels[min(number, len(channels) - 1)]
        factor *= step.factor[0]
    assert factor == 32


def test_the_tables_can_be_written_in_every_format():
    for make in (views.view, views.unet, views.fpn):
        table = make(survey_of("resnet50"))
        for name in ("text", "md", "csv", "json", "html", "latex"):
            assert "layer3" in render(table, name)


@pytest.mark.parametrize("way", ["fx", "hooks"])
@pytest.mark.parametrize("name", ["resnet50", "resnet18_odd", "r3d_18", "plain"])
def test_the_python_that_is_printed_parses_and_names_every_tap(name, way):
    found = find(survey_of(name))
    written = program(trace_of(name), found, way)
    ast.parse(written)
    for tap in found.all:
        assert written.count(f'"{tap.path}"') >= 2


def test_a_trace_without_inputs_has_taps_and_no_program():
    survey = Survey(replace(trace_of("resnet50"), inputs=()))
    assert [tap.stride[0] for tap in find(survey).down] == [2, 4, 8, 16, 32]
    assert "that conv1 takes" in views.view(survey).remarks[0]
    with pytest.raises(BadInput, match="no input"):
        program(survey.trace, find(survey), "hooks")


def test_where_to_look_with_grad_cam_is_said():
    assert views.view(survey_of("resnet50")).remarks == (
        "Grad-CAM: target_layers=[model.get_submodule('layer4')], the last 2,048 maps of 7×7",
    )


def test_a_network_without_a_window_has_no_taps():
    trace = trace_of("resnet50")
    cut = replace(trace, calls=trace.calls[:1], outputs=())
    assert find(Survey(cut)) == Taps(())
    with pytest.raises(BadInput, match="no feature map"):
        program(cut, find(Survey(cut)), "hooks")


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
