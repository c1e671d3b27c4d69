"""Windows from torch's arguments, held against the sizes that torch makes by them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_inspect.capture.readers.windows import (
    adaptive_pool,
    conv_window,
    convolution,
    patches,
    pool,
    sizes,
)
from resnet_inspect.traces.ops import AdaptivePool, Window


def test_a_number_is_that_in_every_dimension() -> None:
    assert sizes(3, 2) == sizes((3,), 2) == sizes([3, 3], 2) == (3, 3)
    assert sizes(torch.Size((1, 2, 3)), 3) == (1, 2, 3)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("kernel", "dilation"), [((3, 3), 1), ((4, 3), 3), ((1, 6), 2)])
def test_same_padding_is_what_torch_adds(kernel: tuple[int, int], dilation: int) -> None:
    """With an even span the odd zero stands behind the last element, as torch has it."""
    window = conv_window(kernel, 1, "same", dilation)
    after = window.padding if window.padding_after is None else window.padding_after
    x, weight = torch.randn(1, 1, 9, 11), torch.randn(1, 1, *kernel)
    padded = functional.pad(x, (window.padding[1], after[1], window.padding[0], after[0]))
    ours = functional.conv2d(padded, weight, dilation=dilation)
    assert torch.allclose(ours, functional.conv2d(x, weight, padding="same", dilation=dilation))
    assert (window.padding_after is None) == (window.padding == after)


def test_valid_padding_is_none() -> None:
    assert conv_window((5,), 2, "valid", 1) == Window((5,), (2,), (0,), (1,))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, (3, 1), (2, 1), (1, 0), groups=2),
        nn.Conv1d(4, 6, 3, dilation=2),
        nn.Conv3d(4, 6, (1, 2, 3), padding=1),
        nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_convolution_makes_as_many_positions_as_its_window_has_places(layer: Any) -> None:
    op = convolution(layer, bias=layer.bias is not None)
    sides = (9, 10, 11)[: len(op.window.kernel_size)]
    out = layer(torch.zeros(1, 4, *sides)).shape
    assert out[1] == op.out_channels
    w = op.window
    for i, side in enumerate(sides):
        span = w.dilation[i] * (w.kernel_size[i] - 1) + 1
        if op.transposed:
            place = (side - 1) * w.stride[i] - 2 * w.padding[i] + span + op.output_padding[i]
        else:
            place = (side + 2 * w.padding[i] - span) // w.stride[i] + 1
        assert out[2 + i] == place
    weights = op.in_channels * op.out_channels // op.groups
    assert layer.weight.numel() == weights * layer.weight[0, 0].numel()


def test_a_pool_without_a_stride_steps_by_its_kernel() -> None:
    assert pool("max", 2, 3).window == Window((3, 3), (3, 3), (0, 0), (1, 1))
    assert pool("max", 2, (3, 2), []).window.stride == (3, 2)  # so an operator leaves it out
    assert pool("avg", 1, 4, 2, ceil_mode=True).window == Window((4,), (2,), (0,), (1,), True)


def test_an_adaptive_pool_keeps_a_size_that_is_none() -> None:
    assert adaptive_pool("avg", 2, 1) == AdaptivePool("avg", (1, 1))
    assert adaptive_pool("avg", 2, None) == AdaptivePool("avg", (None, None))
    assert adaptive_pool("max", 3, [None, 2, 3]) == AdaptivePool("max", (None, 2, 3))


def test_patches_are_as_many_as_unfold_makes() -> None:
    asked: dict[str, Any] = {"stride": (2, 1), "padding": 1, "dilation": 2}
    window = patches((3, 2), asked)
    places = 1
    for i, side in enumerate((9, 8)):
        span = window.dilation[i] * (window.kernel_size[i] - 1) + 1
        places *= (side + 2 * window.padding[i] - span) // window.stride[i] + 1
    unfolded = functional.unfold(torch.zeros(1, 1, 9, 8), (3, 2), **asked)
    assert unfolded.shape[-1] == places
