"""Other conventions on networks that are no ResNets: what their tools print, to the last unit."""

from __future__ import annotations

import pytest
import torch
from torchvision import models

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.analysis.conventions import counted

PRINTED = {
    "resnext50_32x4d": (4_259_381_248, 4_288_184_320),
    "mobilenet_v2": (314_193_216, 327_486_720),
    "densenet121": (2_865_546_752, 2_897_007_104),
    "squeezenet1_0": (819_093_576, 819_094_576),
    "convnext_tiny": (4_470_437_376, 4_464_149_760),
    "shufflenet_v2_x0_5": (42_524_256, 44_572_064),
}
"""What fvcore 0.1.5 and thop 0.1.1 print for 1×3×224×224."""


@pytest.mark.parametrize("name", PRINTED)
def test_fvcore_and_thop_print_the_same(name: str) -> None:
    with torch.device("meta"):
        model = getattr(models, name)()
    survey = ri.Survey(ri.trace(model, (1, 3, 224, 224)))
    assert (counted(survey, "fvcore")[0], counted(survey, "thop")[0]) == PRINTED[name]


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "mobilenet_v2", "vgg11_bn"])
def test_torchinfo_counts_the_same(name: str) -> None:
    model = getattr(models, name)()
    survey = ri.Survey(ri.trace(model, (2, 3, 64, 64)))
    printed = oracle.torchinfo(model, (2, 3, 64, 64)).mult_adds
    assert counted(survey, "torchinfo")[0] == printed
