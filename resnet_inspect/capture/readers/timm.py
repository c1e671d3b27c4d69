"""Readers for the layers of timm that are one step, by name: timm itself is not imported.

timm writes most of its layers as functions in a module's forward, and what they call is recorded
as it is. These are the ones that would be torn apart by that: a convolution that first computes its
kernel, a window that pads by its input, a norm between two permutations.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from resnet_inspect.capture.members import has_bias
from resnet_inspect.capture.readers.registry import reads, reads_with_input
from resnet_inspect.capture.readers.windows import convolution, sizes
from resnet_inspect.traces.ops import (
    Activate,
    Conv,
    Elementwise,
    Linear,
    Norm,
    Op,
    Pool,
    Resample,
    Window,
)
from resnet_inspect.traces.tensors import Shape


def _same_window(module: Any, given: Shape) -> Window:
    """TensorFlow's padding "same": ⌈i / s⌉ outputs, with the odd zero after the last element.

    Without an input, as for one that the stride divides.
    """
    kernel_size, stride = sizes(module.kernel_size, 2), sizes(module.stride, 2)
    dilation = sizes(getattr(module, "dilation", 1), 2)
    total = []
    for i, k, s, d in zip(given[-2:] or (0, 0), kernel_size, stride, dilation, strict=True):
        begun = i % s or s  # how much of the last stride the input fills
        total.append(max(d * (k - 1) + 1 - begun, 0))
    before, after = tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    ceil_mode = bool(getattr(module, "ceil_mode", False))
    return Window(
        kernel_size, stride, before, dilation, ceil_mode, None if after == before else after
    )


@reads("timm.layers.std_conv.StdConv2d", "timm.layers.std_conv.ScaledStdConv2d")
def _standardised_conv(module: nn.Conv2d) -> Op:
    return convolution(module, has_bias(module))


@reads_with_input(
    "timm.layers.conv2d_same.Conv2dSame",
    "timm.layers.std_conv.StdConv2dSame",
    "timm.layers.std_conv.ScaledStdConv2dSame",
)
def _same_conv(module: nn.Conv2d, given: Shape) -> Op:
    if not getattr(module, "same_pad", True):
        return _standardised_conv(module)
    window = _same_window(module, given)
    return Conv(window, module.in_channels, module.out_channels, module.groups, has_bias(module))


@reads_with_input("timm.layers.pool2d_same.MaxPool2dSame", "timm.layers.pool2d_same.AvgPool2dSame")
def _same_pool(module: nn.MaxPool2d, given: Shape) -> Op:
    kind = "max" if isinstance(module, nn.MaxPool2d) else "avg"
    return Pool(kind, _same_window(module, given))


@reads("timm.layers.blur_pool.BlurPool2d")
def _blur_pool(module: Any) -> Op:
    left, right, top, bottom = module.padding
    window = Window(
        sizes(module.filt_size, 2),
        sizes(module.stride, 2),
        (top, left),
        (1, 1),
        padding_after=None if (top, left) == (bottom, right) else (bottom, right),
    )
    return Pool("blur", window)


_NORMS = {
    "norm.GroupNorm": "group", "norm.GroupNorm1": "group",
    "norm.LayerNorm": "layer", "norm.LayerNormFp32": "layer", "norm.LayerNorm2d": "layer",
    "norm.LayerNorm2dFp32": "layer", "norm.LayerNormExp2d": "layer",
    "norm.RmsNorm": "rms", "norm.RmsNormFp32": "rms", "norm.RmsNorm2d": "rms",
    "norm.RmsNorm2dFp32": "rms",
    "norm.SimpleNorm": "simple", "norm.SimpleNormFp32": "simple", "norm.SimpleNorm2d": "simple",
    "norm.SimpleNorm2dFp32": "simple",
    **{
        f"evo_norm.EvoNorm2d{variant}": "evo"
        for variant in ("B0", "B1", "B2", "S0", "S0a", "S1", "S1a", "S2", "S2a")
    },
    "filter_response_norm.FilterResponseNormTlu2d": "filter response",
    "filter_response_norm.FilterResponseNormAct2d": "filter response",
}  # fmt: skip
"""Norms by name; the evo and filter response norms are also their own nonlinearity."""


@reads(*(f"timm.layers.{name}" for name in _NORMS))
def _norm(module: nn.Module) -> Op:
    kind = next(
        kind
        for base in type(module).__mro__
        for name, kind in _NORMS.items()
        if f"timm.layers.{name}" == f"{base.__module__}.{base.__qualname__}"
    )
    weight = getattr(module, "weight", None)
    return Norm(kind, 0 if weight is None else int(weight.numel()))


@reads("timm.layers.linear.Linear")
def _linear(module: nn.Linear) -> Op:
    return Linear(module.in_features, module.out_features, has_bias(module))


@reads(
    *(
        f"timm.layers.activations.{name}"
        for name in (
            "Swish", "Mish", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "HardMish",
            "PReLU", "GELU", "GELUTanh", "QuickGELU",
        )
    )
)  # fmt: skip
def _activation(module: nn.Module) -> Op:
    return Activate(type(module).__name__.lower(), bool(getattr(module, "inplace", False)))


@reads("timm.layers.drop.DropPath")
def _drop_path(module: nn.Module) -> Op:
    return Elementwise("drop path")


@reads("timm.layers.drop.DropBlock2d")
def _drop_block(module: nn.Module) -> Op:
    return Elementwise("drop block")


@reads("timm.layers.space_to_depth.SpaceToDepth")
def _space_to_depth(module: nn.Module) -> Op:
    return Resample("pixelunshuffle")


@reads("timm.layers.space_to_depth.DepthToSpace")
def _depth_to_space(module: nn.Module) -> Op:
    return Resample("pixelshuffle")
