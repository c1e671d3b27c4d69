"""Layers of torch.nn: each kind is read, and a subclass of the user's as the layer that it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from resnet_inspect.capture.readers.registry import read_op
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Container,
    Conv,
    Elementwise,
    Norm,
    Op,
    Pool,
    Resample,
    Reshape,
    Unknown,
    Window,
)


class MyPool(nn.MaxPool2d):
    """A layer of the user's that computes what its base class does."""


class MyNorm(nn.BatchNorm2d):
    """One that computes something else: what it calls is recorded instead."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 2


class MyReLU(nn.ReLU):
    """Another name, and the same."""


def test_a_subclass_is_the_layer_that_it_is_made_from() -> None:
    assert read_op(MyPool(3, 2)) == read_op(nn.MaxPool2d(3, 2))
    assert read_op(MyReLU(inplace=True)) == Activate("relu", True)
    assert read_op(MyNorm(4)) == Container()
    lacking = nn.Linear(2, 2)
    del lacking.in_features
    assert isinstance(read_op(lacking), Unknown)


@pytest.mark.parametrize(
    ("layer", "made"),
    [
        (nn.ZeroPad2d((1, 2, 3, 4)), lambda x: x[:, :, 3:-4, 1:-2]),
        (nn.ReflectionPad2d((2, 0, 1, 3)), lambda x: x[:, :, 1:-3, 2:]),
        (nn.ConstantPad1d((2, 1), 7.0), lambda x: x[..., 2:-1]),
        (nn.ReplicationPad3d(1), lambda x: x[:, :, 1:-1, 1:-1, 1:-1]),
        (nn.CircularPad2d((1, 0, 0, 2)), lambda x: x[:, :, :-2, 1:]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_pad_says_where_the_input_lies_in_what_it_makes(
    layer: nn.Module, made: Callable[[Tensor], Tensor]
) -> None:
    op = read_op(layer)
    assert isinstance(op, Reshape)
    x = torch.arange(1.0, 1 + 2 * 4 * 6 ** (len(op.starts) - 2)).view(
        2, 4, *[6] * (len(op.starts) - 2)
    )
    padded = layer(x)
    assert torch.equal(made(padded), x)
    at = tuple(-start for start in op.starts)
    assert padded[at] == x.flatten()[0]
    word = type(layer).__name__.split("Pad")[0].lower()
    assert op.border == {"zero": "", "constant": "", "reflection": "reflect",
                         "replication": "replicate", "circular": "circular"}[word]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "op"),
    [
        (nn.Dropout2d(), Elementwise("dropout")),
        (nn.Identity(), Elementwise("identity")),
        (nn.Softmax(1), Activate("softmax", False, (1,))),
        (nn.Softmax(), Activate("softmax")),
        (nn.LeakyReLU(inplace=True), Activate("leakyrelu", True)),
        (nn.Flatten(), Reshape("flatten")),
        (nn.PixelShuffle(2), Resample("pixelshuffle")),
        (nn.LocalResponseNorm(2), Norm("local response", 0)),
        (nn.LayerNorm((2, 3, 4)), Norm("layer", 24, dims=(-3, -2, -1))),
        (nn.AdaptiveAvgPool1d(5), AdaptivePool("avg", (5,))),
        (nn.AvgPool3d(2), Pool("avg", Window((2,) * 3, (2,) * 3, (0,) * 3, (1,) * 3))),
        (nn.Unfold(3, padding=1), Reshape("unfold", slides=Window((3, 3), (1, 1), (1, 1), (1, 1)))),
        (nn.Sequential(nn.ReLU()), Container()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_layer_is_what_its_configuration_says(layer: nn.Module, op: Op) -> None:
    assert read_op(layer) == op


def test_a_norm_takes_the_statistics_of_its_input_in_training_or_where_it_keeps_none() -> None:
    norm, none_kept = nn.BatchNorm1d(4), nn.BatchNorm1d(4, track_running_stats=False)
    assert [read_op(one.train()).of_input for one in (norm, none_kept)] == [True, True]  # type: ignore[union-attr]
    assert [read_op(one.eval()).of_input for one in (norm, none_kept)] == [False, True]  # type: ignore[union-attr]


def test_what_has_no_rule_is_named_with_why() -> None:
    assert read_op(nn.Bilinear(2, 3, 4)) == Unknown(
        "Bilinear", "no rule for its multiply-accumulates"
    )


def test_a_bias_is_seen_without_computing_it() -> None:
    """A parametrization may draw random numbers each time that it is asked."""

    class Asked(nn.Module):
        times = 0

        def forward(self, bias: Tensor) -> Tensor:
            type(self).times += 1
            return bias

    layer = nn.Conv2d(3, 4, 1)
    nn.utils.parametrize.register_parametrization(layer, "bias", Asked())
    before = Asked.times
    op = read_op(parametrizations.weight_norm(layer))
    assert isinstance(op, Conv)
    assert op.bias
    assert Asked.times == before
