"""Sentences that would be false of some networks, each where it holds and where it does not."""

from __future__ import annotations

import pytest
import torch
from lesson_texts import said
from torch import Tensor, nn

import resnet_inspect as ri


def conv(given: int, made: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, kernel, stride, kernel // 2, groups=groups)


def sentences(model: nn.Module, path: str = "", size: tuple[int, ...] = (1, 3, 32, 32)) -> str:
    return " ".join(said(ri.trace(model, size).survey, path))


class Unit(nn.Module):
    def __init__(self, width: int, inner: nn.Module, stride: int = 1) -> None:
        super().__init__()
        self.way, self.drop = nn.Sequential(conv(width, width, 3, stride), inner), nn.Dropout()
        self.side = nn.Identity() if stride == 1 else conv(width, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.side(x) + self.way(x))  # type: ignore[no-any-return]


class Gate(nn.Module):
    """Scales channels: by what a layer makes of them, or by learned numbers in another shape."""

    def __init__(self, *, computed: bool) -> None:
        super().__init__()
        self.layer = conv(8, 8, 1) if computed else nn.Identity()
        self.scale, self.computed = nn.Parameter(torch.ones(8)), computed

    def forward(self, x: Tensor) -> Tensor:
        if self.computed:
            return x * torch.sigmoid(self.layer(x.mean((2, 3), keepdim=True)))
        return x * self.scale.reshape(1, -1, 1, 1)


@pytest.mark.parametrize("computed", [False, True])
def test_a_gate_is_spoken_of_where_a_layer_computes_one(computed: bool) -> None:
    model = nn.Sequential(conv(3, 8), Unit(8, Gate(computed=computed)))
    assert ("compute a gate" in sentences(model)) == computed


@pytest.mark.parametrize("computed", [False, True])
def test_the_layers_of_a_gate_are_no_convolutions_of_the_branch(computed: bool) -> None:
    """A bottleneck with squeeze and excitation is one still, as its paper says."""
    width = [conv(16, 8, 1), conv(8, 8), conv(8, 16, 1)]
    gate = nn.Sequential(conv(16, 4, 1), nn.ReLU(), conv(4, 16, 1)) if computed else nn.Identity()

    class Squeezed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.way, self.gate = nn.Sequential(*width), gate

        def forward(self, x: Tensor) -> Tensor:
            y = self.way(x)
            return x + y * self.gate(y.mean((2, 3), keepdim=True)).sigmoid()  # type: ignore[no-any-return]

    survey = ri.trace(nn.Sequential(conv(3, 16), Squeezed()), (1, 3, 32, 32)).survey
    spoken = " ".join(said(survey, "1"))
    assert "It is a bottleneck: a 1×1 convolution narrows 16 channels to 8, a 3×3" in spoken
    assert "Its three convolutions have 8·16 + 8·8·3·3 + 16·8 = 832 weights" in spoken
    assert ("scaled by a gate" in spoken) == computed
    gates = {survey.trace.calls[step].path for step in survey.of_gates}
    layers = [f"1.gate.{i}" for i in range(3)] if computed else ["1.gate"]
    assert gates == {"1:mean", "1:sigmoid", *layers}


def test_what_hands_on_its_values_is_not_applied_to_a_sum() -> None:
    model = nn.Sequential(conv(3, 8), Unit(8, nn.ReLU()), Unit(8, nn.ReLU()))
    assert "It applies nothing to the sum." in sentences(model, "1")
    assert "Nothing is applied to those sums within their blocks." in sentences(model)


def test_attention_holds_layers_that_are_not_counted() -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.Sequential(nn.Linear(4, 16), layer)
    said_of_it = sentences(model, size=(1, 5, 4))
    assert "3 linear layers" in said_of_it
    assert "Nor are the weighted layers within 1 attention layer." in said_of_it


class Widens(nn.Module):
    """Twice as many channels at half the size, with or without groups."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.way = nn.Sequential(conv(8, 8, groups=groups), nn.ReLU(), conv(8, 16, 3, 2, groups))
        self.side = conv(8, 16, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.way(x) + self.side(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("groups", [1, 8])
def test_four_times_the_weights_are_those_of_a_convolution_without_groups(groups: int) -> None:
    model = nn.Sequential(conv(3, 8), Widens(groups))
    assert ("four times the weights" in sentences(model, "stage 1")) == (groups == 1)


class Looks(nn.Module):
    """A branch that strides and comes back to its size."""

    def __init__(self) -> None:
        super().__init__()
        self.small = conv(8, 8, 3, 2)
        self.up = nn.Upsample(scale_factor=2.0)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(torch.relu(self.small(x)))  # type: ignore[no-any-return]


def test_a_block_that_keeps_its_size_does_not_stride() -> None:
    assert "It strides" not in sentences(nn.Sequential(conv(3, 8), Looks()), "stage 1")
    model = nn.Sequential(conv(3, 8), Unit(8, nn.ReLU(), 2))
    assert "It strides" in sentences(model, "stage 1")


@pytest.mark.parametrize("frozen", [False, True])
def test_a_frozen_norm_still_changes_its_statistics(frozen: bool) -> None:
    model = nn.Sequential(conv(3, 8), nn.BatchNorm2d(8))
    model[1].requires_grad_(not frozen)
    before = model[1].running_mean.clone()
    inspected = ri.trace(model, (2, 3, 8, 8), mode="train")
    told = " ".join(said(inspected.survey, "1"))
    assert ("changes the mean and variance that it keeps" in told) == frozen
    model.train()(torch.randn(2, 3, 8, 8))
    assert not torch.equal(before, model[1].running_mean)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_what_cannot_be_looked_into_is_named_in_its_stage_and_block() -> None:
    hidden = torch.jit.script(nn.Sequential(conv(8, 8), nn.ReLU()))
    model = nn.Sequential(conv(3, 8), Unit(8, hidden), Unit(8, nn.ReLU()))
    for path in ("stage 1", "1"):
        assert "1 call in it cannot be looked into (1.way.1)" in sentences(model, path)
    assert "looked into" not in sentences(model, "2")
    plain = nn.Sequential(conv(3, 8), hidden)
    assert "was found in what can be looked into." in sentences(plain)
