"""Second opinions, asked for real: of whole networks, and of weights that are made of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_inspect import pipeline
from resnet_inspect.views.tables import checks


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "paper:cifar_resnet20"])
def test_every_opinion_agrees_or_is_explained(name):
    _, found = pipeline.verify(name)
    assert all(verdict.sound for verdict in found)
    assert {verdict.opinion.by.split()[0] for verdict in found} >= {"torch", "torchinfo", "a"}
    assert sum(verdict.agrees for verdict in found) >= 6


def test_published_figures_are_asked_only_for_what_they_were_published_for():
    _, found = pipeline.verify("resnet18", (1, 3, 64, 64), arguments={"num_classes": 10})
    published = [v for v in found if v.opinion.by.endswith("published")]
    assert published
    assert all(v.opinion.value is None and v.opinion.reason for v in published)


MADE = """
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune, spectral_norm, weight_norm

class Net(nn.Sequential):  # 7 times 7 positions behind the first convolution, 5 times 5 then
    def __init__(self):
        head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
        super().__init__(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), *head)

def pruned():
    net = Net()
    prune.l1_unstructured(net[1], "weight", 0.5)
    prune.random_structured(net[1], "weight", 0.25, dim=1)
    prune.random_unstructured(net[4], "bias", 2)
    net[4].bias_orig.requires_grad = False
    return net

def pruned_channels():
    net = Net()
    prune.ln_structured(net[1], "weight", 0.25, 2, 0)
    return net

def old_weight_norm():
    net = Net()
    weight_norm(net[1])
    return net

def old_spectral_norm():
    net = Net()
    spectral_norm(net[1])
    return net

def new_weight_norm():
    net = Net()
    parametrizations.weight_norm(net[1])
    return net

def new_spectral_norm():
    net = Net()
    parametrizations.spectral_norm(net[1])
    return net

class LowRank(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.zeros(4, 2)), nn.Parameter(torch.zeros(2, 8))

    def forward(self, weight):
        return weight + self.a @ self.b

def low_rank():
    net = Net()
    parametrize.register_parametrization(net[4], "weight", LowRank())
    return net

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.LazyConv2d(8, 3), nn.LazyLinear(4)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))

class Tied(Net):
    def __init__(self):
        super().__init__()
        self.insert(1, nn.Conv2d(8, 8, 3, padding=1))
        self[2].weight = self[1].weight

class Dynamic(nn.Module):
    def __init__(self):
        super().__init__()
        net = nn.Sequential(nn.Flatten(), nn.Linear(243, 4))
        self.net = torch.ao.quantization.quantize_dynamic(net, {nn.Linear})

    def forward(self, x):
        return self.net(x)
"""

LEFT = 8 * 8 * 9 // 2
"""The numbers that half of a 3×3 convolution of 8 to 8 channels has."""
SPATIAL = 5 * 5
FIRST = 2 * 8 * 7 * 7
"""What a bias of the first convolution adds for two images."""
SECOND = 2 * 8 * SPATIAL

EXPLAINED: dict[str, dict[tuple[str, str], dict[str, int]]] = {
    "pruned_channels": {
        ("parameters", "torchinfo"): {"numbers that masks prune": -(2 * 8 * 9)},
        ("trainable", "torchinfo"): {"numbers that masks prune": -(2 * 8 * 9)},
        ("macs", "torchinfo"): {
            "numbers that masks prune": -2 * SPATIAL * 2 * 8 * 9,
            "convolution biases": FIRST + SECOND,
            "linear biases": 2 * 4,
        },
    },
    "old_weight_norm": {
        ("macs", "torchinfo"): {
            "weight_g, weight_v, taken for weights of a recurrent layer": 2 * 8 * (8 + 576)
            - 2 * SPATIAL * 576,
            "convolution biases": FIRST + SECOND,
            "linear biases": 2 * 4,
        },
    },
    "old_spectral_norm": {
        ("macs", "torchinfo"): {
            "weight_orig, taken for weights of a recurrent layer": 2 * 8 * 576 - 2 * SPATIAL * 576,
            "convolution biases": FIRST + SECOND,
            "linear biases": 2 * 4,
        },
    },
    "new_weight_norm": {
        ("macs", "torchinfo"): {
            "parametrized layers, which it takes for containers": -2 * SPATIAL * 576,
            "convolution biases": FIRST,
            "linear biases": 2 * 4,
        },
    },
    "new_spectral_norm": {
        ("macs", "torchinfo"): {
            "parametrized layers, which it takes for containers": -2 * SPATIAL * 576,
            "convolution biases": FIRST,
            "linear biases": 2 * 4,
        },
    },
    "low_rank": {
        ("macs", "torchinfo"): {
            "parametrized layers, which it takes for containers": -2 * 8 * 4,
            "convolution biases": FIRST + SECOND,
        },
        ("macs", "FlopCounterMode"): {"how parametrized weights are made": 4 * 2 * 8},
    },
    "Lazy": {("macs", "torchinfo"): {"convolution biases": FIRST, "linear biases": 2 * 4}},
    "Tied": {
        ("parameters", "torchinfo"): {"tensors that several modules hold, more than once": 576},
        ("trainable", "torchinfo"): {"tensors that several modules hold, more than once": 576},
        ("macs", "torchinfo"): {
            "convolution biases": 2 * FIRST + SECOND,
            "linear biases": 2 * 4,
        },
    },
    "Dynamic": {
        ("parameters", "torch"): {"packed parameters that it does not list": -(243 * 4 + 4)},
        ("parameters", "torchinfo"): {"packed parameters that it does not list": -(243 * 4 + 4)},
        ("macs", "torchinfo"): {"quantized layers that it does not see": -2 * 243 * 4},
        ("macs", "FlopCounterMode"): {"quantized layers that it does not see": -2 * 243 * 4},
    },
}
"""By network, the figures that others give otherwise, and why: sums of closed formulas."""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made.py").write_text(MADE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("made")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPLAINED)
def test_who_counts_otherwise_is_explained_to_the_last_unit(name: str) -> None:
    _, found = pipeline.verify(f"made.py:{name}", (2, 3, 9, 9))
    said = {
        (verdict.opinion.figure, verdict.opinion.by.split()[0]): dict(verdict.explained)
        for verdict in found
        if not verdict.agrees
    }
    assert said == EXPLAINED[name]


@pytest.mark.usefixtures("made")
def test_masks_are_counted_as_they_are_combined() -> None:
    _, found = pipeline.verify("made.py:pruned", (2, 3, 9, 9))
    assert all(verdict.sound for verdict in found)
    by = {v.opinion.figure: dict(v.explained) for v in found if v.opinion.by[:9] == "torchinfo"}
    gone = by["trainable"]["numbers that masks prune"]  # of a bias that is frozen 2 more
    assert by["parameters"]["numbers that masks prune"] == gone - 2
    assert by["macs"]["numbers that masks prune"] == 2 * SPATIAL * gone - 2 * 2
    assert LEFT <= -gone <= LEFT + 2 * 8 * 9


PARTIAL = """
import torch
from torch import nn

class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.inside = nn.Conv2d(3, 8, 3), torch.jit.script(nn.Conv2d(8, 8, 3))

    def forward(self, x):
        return self.inside(self.first(x))

class Mapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return torch.vmap(lambda y: self.conv(y[None])[0])(x)
"""


@pytest.mark.filterwarnings("ignore")
def test_no_opinion_on_either_side_is_no_agreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "partial.py").write_text(PARTIAL)
    monkeypatch.chdir(tmp_path)
    survey, found = pipeline.verify("partial.py:Scripted", (1, 3, 9, 9))
    partial = [verdict for verdict in found if verdict.opinion.figure == "macs"]
    assert len(partial) == 2
    assert not any(verdict.agrees or verdict.comparable for verdict in partial)
    assert all(verdict.sound for verdict in partial)
    table = checks.view(survey, found)
    cells = {table.cell(r, "verdict").text: table.cell(r, "ours").text for r in table.rows}
    assert cells["ours partial"] == "≥ 10,584"
    assert table.remarks[0].endswith("; 2 rows cannot be compared")
    survey, found = pipeline.verify("partial.py:Mapped", (1, 3, 9, 9))
    without = [verdict for verdict in found if verdict.opinion.value is None]
    assert len(without) == 3
    assert not any(verdict.agrees for verdict in without)
    table = checks.view(survey, found)
    assert table.remarks == (
        "4 opinions: 4 agree, 0 explained, 0 unexplained; 3 rows cannot be compared",
    )
    because = [table.cell(r, "explanation").text for r in table.rows]
    assert sum("it raised RuntimeError: accessing `data` under vmap" in why for why in because) == 3
