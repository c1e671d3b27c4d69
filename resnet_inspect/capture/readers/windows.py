"""Convolutions and pools, and their windows, from torch's arguments.

Torch takes a size once for all dimensions, or one for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resnet_inspect.traces.ops import AdaptivePool, Conv, Pool, Window


def sizes(value: Any, dimensions: int) -> tuple[int, ...]:
    """A size argument of torch as one number for each of `dimensions`."""
    if isinstance(value, int):
        return (value,) * dimensions
    numbers = tuple(int(item) for item in value)
    return numbers * dimensions if len(numbers) == 1 else numbers


def patches(kernel_size: Any, a: Mapping[str, Any]) -> Window:
    """The window of an unfold or fold, from its other arguments by name."""
    stride, padding, dilation = a.get("stride", 1), a.get("padding", 0), a.get("dilation", 1)
    return Window(sizes(kernel_size, 2), sizes(stride, 2), sizes(padding, 2), sizes(dilation, 2))


def conv_window(kernel_size: tuple[int, ...], stride: Any, padding: Any, dilation: Any) -> Window:
    """The window of a convolution, with padding "same" and "valid" turned into numbers."""
    dimensions = len(kernel_size)
    dilations = sizes(dilation, dimensions)
    after = None
    if padding == "same":
        total = [d * (k - 1) for d, k in zip(dilations, kernel_size, strict=True)]
        before = tuple(t // 2 for t in total)
        behind = tuple(t - t // 2 for t in total)
        after = None if before == behind else behind
    elif padding == "valid":
        before = (0,) * dimensions
    else:
        before = sizes(padding, dimensions)
    return Window(kernel_size, sizes(stride, dimensions), before, dilations, padding_after=after)


def convolution(module: Any, bias: bool) -> Conv:
    """What a convolution of torch's, or its transpose, is configured with."""
    kernel = module.kernel_size
    kernel_size = tuple(kernel) if isinstance(kernel, tuple | list) else (kernel, kernel)
    transposed = bool(getattr(module, "transposed", False))
    return Conv(
        conv_window(kernel_size, module.stride, module.padding, module.dilation),
        module.in_channels,
        module.out_channels,
        module.groups,
        bias,
        transposed,
        sizes(module.output_padding, len(kernel_size)) if transposed else (),
    )


def pool(
    kind: str,
    dimensions: int,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Pool:
    """A pool from torch's arguments; a stride that is not given is the kernel size."""
    return Pool(
        kind,
        Window(
            sizes(kernel_size, dimensions),
            sizes(stride if stride is not None and stride != [] else kernel_size, dimensions),
            sizes(padding, dimensions),
            sizes(dilation, dimensions),
            bool(ceil_mode),
        ),
    )


def adaptive_pool(kind: str, dimensions: int, output_size: Any) -> AdaptivePool:
    """An adaptive pool from torch's arguments; None keeps the input's size in a dimension."""
    each = isinstance(output_size, tuple | list)
    return AdaptivePool(kind, tuple(output_size) if each else (output_size,) * dimensions)
