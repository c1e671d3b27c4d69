"""Readers for torch's quantized layers, by name. Their weights are packed, not their windows."""

from __future__ import annotations

from typing import Any

from torch import nn

from resnet_inspect.capture.readers.modules import conv_window, reads, sizes
from resnet_inspect.traces.ops import Conv, Elementwise, Linear, Op

_QUANTIZED = "torch.ao.nn.quantized.modules"


@reads(f"{_QUANTIZED}.conv._ConvNd")
def _conv(module: Any) -> Op:
    dimensions = len(module.kernel_size)
    transposed = bool(module.transposed)
    return Conv(
        conv_window(tuple(module.kernel_size), module.stride, module.padding, module.dilation),
        module.in_channels,
        module.out_channels,
        module.groups,
        module.bias() is not None,
        transposed,
        sizes(module.output_padding, dimensions) if transposed else (),
    )


@reads(f"{_QUANTIZED}.linear.Linear")
def _linear(module: Any) -> Op:
    return Linear(module.in_features, module.out_features, module.bias() is not None)


@reads(f"{_QUANTIZED}.Quantize", f"{_QUANTIZED}.DeQuantize")
def _quantize(module: nn.Module) -> Op:
    return Elementwise(type(module).__name__.lower())
