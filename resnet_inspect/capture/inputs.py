"""Input tensors from shapes: defined values, drawn from a generator of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.errors import BadInput

Shape = Sequence[int]
InputSize = Shape | Sequence[Shape] | Mapping[str, Shape]

LARGEST = 2**62
"""Most elements a tensor may be asked to have; torch counts bytes in 64 bits."""


def make_tensor(shape: Shape, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A tensor of that shape: standard normal, or zeros if the dtype is not floating.

    Raises `BadInput` for a size that is not a positive integer or a tensor that cannot be.
    """
    elements = 1
    for size in shape:
        if type(size) is not int or size < 1:
            raise BadInput(f"an input size must be a positive integer, not {size!r}")
        elements *= size
    itemsize = torch.empty((), dtype=dtype, device="meta").element_size()
    if elements * itemsize > LARGEST:
        raise BadInput(f"an input of {elements:,} elements is larger than torch can address")
    if device.type == "meta":
        return torch.empty(tuple(shape), dtype=dtype, device=device)
    if not dtype.is_floating_point:
        return torch.zeros(tuple(shape), dtype=dtype, device=device)
    generator = torch.Generator().manual_seed(0)
    try:
        return torch.randn(tuple(shape), generator=generator).to(device=device, dtype=dtype)
    except RuntimeError as error:  # the allocator says no
        raise BadInput(
            f"an input of {elements * itemsize:,} bytes does not fit into memory",
            hint="the meta device needs no memory: --device meta",
        ) from error


def make_arguments(
    size: InputSize, dtype: torch.dtype, device: torch.device
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments from one shape, several, or several by name."""
    if isinstance(size, Mapping):
        return (), {name: make_tensor(shape, dtype, device) for name, shape in size.items()}
    if all(isinstance(item, int) for item in size):
        return (make_tensor(size, dtype, device),), {}  # type: ignore[arg-type]
    if any(isinstance(item, int) for item in size):
        raise BadInput("input_size is one shape, several shapes, or a mapping of names to shapes")
    return tuple(make_tensor(shape, dtype, device) for shape in size), {}  # type: ignore[arg-type]


def floating_dtype(model: nn.Module) -> torch.dtype:
    """The floating dtype of the model's first floating parameter; torch's default without one."""
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.get_default_dtype()


def home(model: nn.Module) -> torch.device:
    """The device that a model lives on: that of its first parameter or buffer, or the CPU."""
    for tensor in (*model.parameters(), *model.buffers()):
        return tensor.device
    return torch.device("cpu")
