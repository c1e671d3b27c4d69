"""Decoders over the taps against what the tutorials say, and sizes that do not fit."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.taps import decoders
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.views.tables import taps as views


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
