"""The last feature map before the head, in networks made by hand."""

from __future__ import annotations

from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Elementwise,
    Linear,
    Norm,
    Reduce,
    Resample,
    Reshape,
    Unknown,
)

WIDE, TWO, ONE = window(3, 1, 1), window(3, 2, 1), window(1)


def with_head(net: ByHand, x: int) -> Survey:
    """A global pool and a linear layer behind a map."""
    shape = net.activations[x].tensor.shape
    pooled = net.step("pool", AdaptivePool("avg", (1, 1)), x, (*shape[:2], 1, 1))
    flat = net.step(":flatten", Reshape("flatten"), pooled, shape[:2])
    return Survey(net.trace(net.step("fc", Linear(shape[1], 5, True), flat, (shape[0], 5))))


def residual(net: ByHand, size: int = 8) -> int:
    """A stem and a block."""
    x = net.step("stem", conv(3, 4, WIDE), net.input(1, 3, size, size), (1, 4, size, size))
    with net.inside("block", x) as gives:
        y = net.step("block.a", conv(4, 4, WIDE), x)
        y = net.step("block.relu", Activate("relu"), y)
        y = net.step("block.b", conv(4, 4, WIDE), y)
        gives.append(net.step("block:add", Elementwise("add"), (y, x)))
    return gives[0]


def test_it_is_what_the_last_stage_gives() -> None:
    for name, path in (("resnet18", "layer4"), ("resnet50", "layer4"), ("r3d_18", "layer4")):
        survey = survey_of(name)
        (port,) = survey.trace.calls[survey.trace.calls_at[path][0]].outputs
        assert survey.last_feature_map == port.activation


def test_a_layer_with_weights_behind_the_last_block_gives_a_later_one() -> None:
    """MobileNetV2, Sandler et al. 2018, ends with a 1×1 convolution before its pool."""
    net = ByHand()
    x = net.step("head", conv(4, 32, ONE), residual(net), (1, 32, 8, 8))
    x = net.step("norm", Norm("batch", 32), x)
    x = net.step("relu", Activate("relu"), x)
    assert with_head(net, x).last_feature_map == x


def test_a_norm_alone_gives_no_later_one() -> None:
    net = ByHand()
    block = residual(net)
    normed = net.step("norm", Norm("batch", 4), block)
    assert with_head(net, normed).last_feature_map == block


def test_what_a_decoder_makes_is_none() -> None:
    net = ByHand()
    block = residual(net)
    x = net.step("conv", conv(4, 4, WIDE), block)
    x = net.step(":up", Resample("interpolate"), x, (1, 4, 16, 16))
    x = net.step("scores", conv(4, 2, ONE), x, (1, 2, 16, 16))
    assert Survey(net.trace(x)).last_feature_map == block


def test_without_blocks_it_is_the_last_map_before_all_is_pooled() -> None:
    net = ByHand()
    x = net.step("a", conv(3, 4, TWO), net.input(1, 3, 16, 16), (1, 4, 8, 8))
    x = net.step("b", conv(4, 4, TWO), x, (1, 4, 4, 4))
    x = net.step("relu", Activate("relu"), x)
    assert with_head(net, x).last_feature_map == x


def test_one_position_is_no_map_if_there_is_another() -> None:
    net = ByHand()
    x = net.step("a", conv(3, 4, WIDE), net.input(1, 3, 2, 2), (1, 4, 2, 2))
    y = net.step("b", conv(4, 4, window(2)), x, (1, 4, 1, 1))
    assert with_head(net, y).last_feature_map == x
    alone = ByHand()
    only = alone.step("a", conv(3, 4, window(2)), alone.input(1, 3, 2, 2), (1, 4, 1, 1))
    assert with_head(alone, only).last_feature_map == only


def test_where_positions_are_lost_it_is_told_by_its_shape() -> None:
    net = ByHand()
    x = net.step("a", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    odd = net.step("odd", Unknown("Odd"), x)
    assert with_head(net, odd).last_feature_map == odd


def test_a_mean_over_positions_is_no_map() -> None:
    net = ByHand()
    x = net.step("a", conv(3, 4, WIDE), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    mean = net.step(":mean", Reduce("mean", (2, 3)), x, (1, 4))
    assert Survey(net.trace(mean)).last_feature_map == x
