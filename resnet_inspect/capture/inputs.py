"""Input tensors from shapes: defined values, drawn from a generator of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.capture.members import modules
from resnet_inspect.errors import BadInput, UnknownName

Shape = Sequence[int]
OneInput = Shape | tuple[Shape, str]
"""A shape, or a shape and a dtype: (1, 77), ((1, 77), "int64")."""
Argument = OneInput | Sequence[OneInput]
"""A tensor, or a list of them that is one argument: [(3, 224, 224), (3, 200, 300)]."""
InputSize = OneInput | Sequence[Argument] | Mapping[int | str, Argument]
"""One input, several in order, or several by position and name: {0: (1, 3, 8, 8), "mask": ...}."""

_DTYPES = {
    "float": "float32", "fp32": "float32", "half": "float16", "fp16": "float16",
    "bf16": "bfloat16", "double": "float64", "fp64": "float64",
}  # fmt: skip
_COMMON_DTYPES = ("float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool")

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
    generator = torch.Generator("cpu").manual_seed(0)
    try:
        drawn = torch.randn(tuple(shape), generator=generator, device="cpu")
        return drawn.to(device=device, dtype=dtype)
    except RuntimeError as error:  # the allocator says no
        raise BadInput(
            f"an input of {elements * itemsize:,} bytes does not fit into memory",
            hint="a smaller one; or, for shapes alone, --device meta, which needs none",
        ) from error
    except TypeError as error:  # float64 on MPS
        raise BadInput(f"{device.type} has no numbers of type {str(dtype)[6:]}") from error


def make_arguments(
    size: InputSize, dtype: torch.dtype, device: torch.device
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments from one shape, several, or several by name.

    `dtype` is for the shapes that come without one. Raises `BadInput` for what is no shape,
    `UnknownName` for a dtype that is not there.
    """
    if isinstance(size, Mapping):
        wanted: dict[int | str, Any] = dict(size)
    elif _is_one(size):
        wanted = {0: size}
    else:
        wanted = dict(enumerate(size))
    made = {name: _make_one(one, dtype, device) for name, one in wanted.items()}
    positions = sorted(name for name in made if isinstance(name, int))
    named = {name: tensor for name, tensor in made.items() if isinstance(name, str)}
    return tuple(made[position] for position in positions), named


_SPACES = {1: (1000,), 2: (224, 224), 3: (16, 112, 112)}
"""How large the usual input is, by its spatial dimensions."""

_CONVOLUTIONS = {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}


def fitting_shape(model: nn.Module) -> tuple[int, ...] | None:
    """An input shape that the first convolution of a network takes, or its first linear layer.

    The first that takes three channels goes before others. None if there is neither. Of what
    `torch.export` made it is the shape that it was exported with.
    """
    if isinstance(model, torch.fx.GraphModule):
        return _exported_shape(model)
    layers = [m for m in modules(model) if isinstance(m, (nn.Linear, *_CONVOLUTIONS))]
    first = [m for m in layers if getattr(m, "in_channels", 0) == 3] or layers
    for layer in first:
        if isinstance(layer, nn.Linear):
            return (1, layer.in_features)
        spatial = next(n for kind, n in _CONVOLUTIONS.items() if isinstance(layer, kind))
        channels = getattr(layer, "in_channels", 0)
        return (1, int(channels) or 3, *_SPACES[spatial])
    return None


def _exported_shape(model: torch.fx.GraphModule) -> tuple[int, ...] | None:
    """The shape of the only input of a graph, where the graph says it."""
    given = [node.meta.get("val") for node in model.graph.nodes if node.op == "placeholder"]
    if len(given) != 1 or not isinstance(given[0], Tensor):
        return None
    sizes = [getattr(getattr(size, "node", None), "hint", size) for size in given[0].shape]
    return tuple(int(size) for size in sizes) if None not in sizes else None


def _make_one(
    one: Any, dtype: torch.dtype, device: torch.device, within: bool = False
) -> Tensor | list[Any]:
    """A tensor, or a list of tensors."""
    is_sequence = isinstance(one, Sequence) and not isinstance(one, str)
    if is_sequence and one and not within and not _is_one(one):
        return [_make_one(part, dtype, device, within=True) for part in one]
    if not is_sequence or not _is_one(one):
        raise BadInput("input_size is one shape, several shapes, or a mapping of names to shapes")
    if _has_dtype(one):
        return make_tensor(one[0], read_dtype(one[1]), device)
    return make_tensor(one, dtype, device)


def _is_one(size: Sequence[Any]) -> bool:
    return all(isinstance(item, int) for item in size) or _has_dtype(size)


def _has_dtype(size: Sequence[Any]) -> bool:
    return len(size) == 2 and isinstance(size[1], str)


def read_dtype(name: str) -> torch.dtype:
    """The dtype that "float32", "bf16" or "int64" names; raises `UnknownName` for another word."""
    found = getattr(torch, _DTYPES.get(name, name), None)
    if not isinstance(found, torch.dtype):
        known = (*_COMMON_DTYPES, *_DTYPES)
        raise UnknownName("dtype", name, known, see=f"known: {', '.join(_COMMON_DTYPES)}")
    return found
