"""Other conventions on networks that are no ResNets: what their tools print, to the last unit."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

import resnet_inspect as ri
from resnet_inspect import oracle
from resnet_inspect.analysis.checks import Opinion, judge
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
    assert (counted(survey, "fvcore").macs, counted(survey, "thop").macs) == PRINTED[name]


RECURRENT = {
    "lstm": lambda: nn.LSTM(6, 7, 2, batch_first=True),
    "both ways": lambda: nn.LSTM(6, 7, 2, bidirectional=True, batch_first=True),
    "projected": lambda: nn.LSTM(6, 7, proj_size=3, batch_first=True),
    "gru": lambda: nn.GRU(6, 7),
    "rnn": lambda: nn.RNN(6, 7, bias=False),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_are_explained_to_the_unit(name: str) -> None:
    model = nn.Sequential(RECURRENT[name]()).eval()
    survey = ri.Survey(ri.trace(model, (3, 5, 6)))
    printed = oracle.torchinfo(model, (3, 5, 6)).mult_adds
    assert counted(survey, "torchinfo").macs == printed
    # How many FlopCounterMode has depends on what the machine runs as one operator.
    seen = oracle.flop_counter_macs(model, torch.ones(3, 5, 6))
    (verdict,) = judge(survey, [Opinion("macs", "FlopCounterMode / 2", seen)])
    assert verdict.sound


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "mobilenet_v2", "vgg11_bn"])
def test_torchinfo_counts_the_same(name: str) -> None:
    model = getattr(models, name)()
    survey = ri.Survey(ri.trace(model, (2, 3, 64, 64)))
    printed = oracle.torchinfo(model, (2, 3, 64, 64)).mult_adds
    assert counted(survey, "torchinfo").macs == printed
