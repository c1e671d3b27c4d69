"""Second opinions, asked for real; and two networks with the same weights."""

from __future__ import annotations

import pytest

from resnet_inspect import pipeline
from resnet_inspect.analysis.comparison.equivalence import alike
from resnet_inspect.views.words.comparison.equivalence import sentences

NET = """
from torch import nn
import torch

class Block(nn.Module):
    def __init__(self, given, made, stride=1):
        super().__init__()
        self.a = nn.Conv2d(given, made, 3, stride, 1, bias=False)
        self.na = nn.BatchNorm2d(made)
        self.b = nn.Conv2d(made, made, 3, 1, 1, bias=False)
        self.nb = nn.BatchNorm2d(made)
        self.act = nn.ReLU()
        self.side = nn.Sequential()
        if stride != 1 or given != made:
            self.side = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False),
                                      nn.BatchNorm2d(made))

    def forward(self, x):
        y = self.nb(self.b(self.act(self.na(self.a(x)))))
        return self.act(y + self.side(x))

class Mine(nn.Module):
    slope = 0.0

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64),
                                  nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        parts = []
        for given, made, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
            parts.append(nn.Sequential(Block(given, made, stride), Block(made, made)))
        self.body = nn.Sequential(*parts)
        self.out = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.body(self.stem(x))
        return self.out(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))

class Leaky(Mine):
    def __init__(self):
        super().__init__()
        self.body[2][0].nb.eps = 0.5

class Wide(Mine):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(512, 10)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(NET)
    monkeypatch.chdir(tmp_path)


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


def test_a_network_written_by_hand_is_torchvision_s(mine):
    found = pipeline.equivalence_of("mine.py:Mine", "resnet18", (2, 3, 64, 64))
    assert found.same
    assert found.copied == 122
    assert sentences(found)[0].endswith("it computes the same")


def test_the_first_layer_that_computes_something_else_is_named(mine):
    found = pipeline.equivalence_of("mine.py:Leaky", "resnet18", (2, 3, 64, 64))
    assert not found.same
    assert alike(found.difference)
    assert found.parted is not None
    assert found.parted[:2] == ("body.2.0.nb", "layer3.0.bn2")


def test_the_first_layer_that_is_another_one_is_named(mine):
    found = pipeline.equivalence_of("mine.py:Wide", "resnet18", (2, 3, 64, 64))
    assert not found.same
    assert found.copied == 0
    assert found.first_edit == ("out", "fc")
    assert "they part first at out, where resnet18 has fc" in sentences(found)
