"""Residual networks against the equations of the papers, and torchvision.

v2: He et al. 2016, arXiv:1603.05027.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from torchvision.models import get_model

import resnet_inspect as ri
from resnet_inspect.sources import paper, residual
from resnet_inspect.sources.design import read

CPU = torch.device("cpu")


def test_zeros_that_are_joined_are_option_a_too() -> None:
    class Joined(residual.ZeroPaddedIdentity):
        """As in ports of the first implementation, and with zeros made from nothing."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = nn.functional.avg_pool2d(x, 1, self.stride)
            n, _, h, w = x.shape
            return torch.cat([x, torch.zeros(n, self.new_planes, h, w, device=x.device)], 1)

    image = torch.randn(2, 4, 7, 9)
    padded, joined = (way(4, 8, 2) for way in (residual.ZeroPaddedIdentity, Joined))
    assert torch.equal(padded(image), joined(image))
    for way in (padded, joined):
        model = nn.Sequential(nn.Conv2d(3, 4, 1), residual.BasicBlock(4, 8, 2, way))
        (block,) = ri.Survey(ri.trace(model, (1, 3, 7, 9))).anatomy.blocks
        assert (block.kind, block.shortcut_name, block.path) == (
            "basic", "zero-padded identity", "1",
        )  # fmt: skip


def test_option_a_hands_on_every_second_pixel_and_zeros() -> None:
    image = torch.randn(2, 3, 5, 7)
    made = residual.ZeroPaddedIdentity(3, 5, 2)(image)
    assert made.shape == (2, 5, 3, 4)
    for plane in range(3):
        for row in range(3):
            for column in range(4):
                seen = image[:, plane, 2 * row, 2 * column]
                assert torch.equal(made[:, plane, row, column], seen)
    assert not made[:, 3:].any()


@pytest.mark.parametrize("line", ["basic:2", "bottleneck:2"])
def test_a_unit_whose_branch_gives_nothing_hands_on_its_input(line: str) -> None:
    """v2, equation 1: with F = 0 a pre-activation unit is the identity, and v1's is its relu."""
    image = torch.randn(2, 64, 6, 6)
    for preact in ("false", "true"):
        design = read(f"{line}:shortcut=none,preact={preact}")
        model = residual.build(design, CPU).eval()
        unit = model.get_submodule("layer1.1")
        unit.residual = True
        for module in unit.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.zeros_(module.weight)
        given = image if line == "basic:2" else image.repeat(1, 4, 1, 1)
        with torch.no_grad():
            made = unit(given.clone())
        assert torch.equal(made, given if preact == "true" else given.relu())


TWINS = {
    "resnet18": "paper:resnet18_v1_5",
    "resnet34": "paper:resnet34_v1_5",
    "resnet50": "paper:resnet50_v1_5",
    "resnext50_32x4d": "resnet:bottleneck:3,4,6,3:groups=32,width_per_group=4",
    "wide_resnet50_2": "resnet:bottleneck:3,4,6,3:width_per_group=128",
}


def built(written: str) -> nn.Module:
    prefix, _, name = written.partition(":")
    return residual.build(paper.design(name) if prefix == "paper" else read(name), CPU)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_v1_5_loads_torchvisions_weights_and_gives_the_same_output(name: str) -> None:
    torch.manual_seed(1)
    theirs = get_model(name, weights=None)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):  # nothing is left at 0 or 1, where it would not show
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = built(TWINS[name])
    ours.load_state_dict(theirs.state_dict(), strict=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    image = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        given, expected = ours.eval()(image), theirs.eval()(image)
        assert torch.equal(given, expected)
        assert given.std() > 0.01
        assert torch.equal(ours.train()(image), theirs.train()(image))


@pytest.mark.parametrize("name", TWINS)
def test_the_trace_of_v1_5_is_torchvisions(name: str) -> None:
    ours, theirs = ri.trace(TWINS[name]), ri.trace(name)
    assert ours.calls == theirs.calls
    assert ours.activations == theirs.activations
    assert len(ours.modules) == len(theirs.modules)
    for mine, other in zip(ours.modules, theirs.modules, strict=True):
        assert mine.class_name == other.class_name
        assert replace(mine, python_class=other.python_class) == other
