"""Stages and blocks of networks whose modules have names of their own."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

import resnet_inspect as ri


def conv(given: int, made: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2, bias=False)


class Unit(nn.Module):
    """Two convolutions and a shortcut, with names that nobody else uses."""

    def __init__(self, given: int, made: int, stride: int = 1) -> None:
        super().__init__()
        self.reduce, self.bn_a = conv(given, made, 3, stride), nn.BatchNorm2d(made)
        self.expand, self.bn_b = conv(made, made), nn.BatchNorm2d(made)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or given != made:
            self.shortcut = nn.Sequential(conv(given, made, 1, stride), nn.BatchNorm2d(made))

    def forward(self, x: Tensor) -> Tensor:
        way = functional.relu(self.bn_a(self.reduce(x)))
        return functional.relu(self.bn_b(self.expand(way)) + self.shortcut(x))


def stage(given: int, made: int, depth: int, stride: int) -> nn.Sequential:
    return nn.Sequential(Unit(given, made, stride), *(Unit(made, made) for _ in range(depth - 1)))


class Paper(nn.Module):
    """Stages as the paper and many tutorials call them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(conv(3, 8, 7, 2), nn.BatchNorm2d(8), nn.ReLU())
        self.conv2_x = stage(8, 8, 2, 1)
        self.conv3_x = stage(8, 16, 3, 2)
        self.conv4_x = stage(16, 32, 1, 2)
        self.classifier = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv4_x(self.conv3_x(self.conv2_x(self.conv1(x))))
        return self.classifier(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Encoder(nn.Module):
    """Stages in a list, each one's map handed out."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8)
        self.stages = nn.ModuleList([stage(8, 8, 2, 1), stage(8, 16, 2, 2), stage(16, 32, 2, 2)])

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.stem(x)]
        for one in self.stages:
            maps.append(one(maps[-1]))
        return maps[1:]


class UNet(nn.Module):
    """A residual encoder under a decoder that concatenates what it skipped."""

    def __init__(self, up: str) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.up = up
        self.raise2 = nn.ConvTranspose2d(32, 32, 2, 2)
        self.raise1 = nn.ConvTranspose2d(16, 16, 2, 2)
        self.merge2 = nn.Sequential(conv(48, 16), nn.ReLU(), conv(16, 16), nn.ReLU())
        self.merge1 = nn.Sequential(conv(24, 8), nn.ReLU(), conv(8, 8), nn.ReLU())
        self.mask = conv(8, 1, 1)

    def larger(self, x: Tensor, by: nn.Module) -> Tensor:
        if self.up == "transposed":
            larger: Tensor = by(x)
            return larger
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = self.encoder(x)
        x = self.merge2(torch.cat([self.larger(three, self.raise2), two], 1))
        x = self.merge1(torch.cat([self.larger(x, self.raise1), one], 1))
        mask: Tensor = self.mask(x)
        return mask


def found(model: nn.Module, size: int = 32) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Every stage with its blocks: path, kind and shortcut."""
    anatomy = ri.Survey(ri.trace(model, (1, 3, size, size))).anatomy
    return [(s.path, [(b.path, b.kind, b.shortcut) for b in s.blocks]) for s in anatomy.stages]


def built(path: str, depth: int, first: str) -> tuple[str, list[tuple[str, str, str]]]:
    kinds = [first] + ["identity"] * (depth - 1)
    return path, [(f"{path}.{i}", "basic", kind) for i, kind in enumerate(kinds)]


def test_stages_as_the_paper_calls_them() -> None:
    assert found(Paper()) == [
        built("conv2_x", 2, "identity"),
        built("conv3_x", 3, "projection"),
        built("conv4_x", 1, "projection"),
    ]


@pytest.mark.parametrize("up", ["transposed", "nearest"])
def test_the_encoder_of_a_unet(up: str) -> None:
    assert found(UNet(up)) == [
        built("encoder.stages.0", 2, "identity"),
        built("encoder.stages.1", 2, "projection"),
        built("encoder.stages.2", 2, "projection"),
    ]


def test_names_tell_nothing() -> None:
    """A plain network whose modules are called as torchvision's are has no residual block."""

    class BasicBlock(nn.Sequential):
        pass

    model = nn.Sequential()
    model.add_module("conv1", conv(3, 8))
    for number in (1, 2):
        blocks = [BasicBlock(conv(8, 8), nn.ReLU(), conv(8, 8), nn.ReLU()) for _ in range(2)]
        model.add_module(f"layer{number}", nn.Sequential(*blocks))
    assert found(model) == []


@pytest.mark.parametrize("name", ["densenet121", "vgg11_bn", "squeezenet1_0"])
def test_concatenating_and_plain_networks_have_none(name: str) -> None:
    model = torchvision.models.get_model(name, weights=None)
    trace = ri.trace(model, (1, 3, 64, 64), device="meta")
    assert ri.Survey(trace).anatomy.blocks == ()
    assert "no residual block was recognised" in ri.render(trace, view="stages")
