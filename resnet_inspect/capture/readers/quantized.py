"""Readers for torch's quantized layers, and what these hold in a packed form.

They are given by name: torch announces that they move to a package of their own. A packed weight is
no parameter to torch; unpacked it is a tensor of the quantized type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.capture.readers.registry import reads, reads_function
from resnet_inspect.capture.readers.windows import convolution
from resnet_inspect.traces.ops import Elementwise, Linear, Op, Recurrent

_HOME = "torch.ao.nn.quantized"


@reads(f"{_HOME}.modules.conv._ConvNd")
def _conv(module: Any) -> Op:
    return convolution(module, module.bias() is not None)


@reads(f"{_HOME}.modules.linear.Linear")
def _linear(module: Any) -> Op:
    return Linear(module.in_features, module.out_features, module.bias() is not None)


@reads(f"{_HOME}.dynamic.modules.rnn.RNNBase")
def _recurrent(module: Any) -> Op:
    return Recurrent(
        module.mode[:4].strip("_").lower(),
        module.input_size,
        module.hidden_size,
        module.num_layers,
        module.bidirectional,
    )


@reads(f"{_HOME}.dynamic.modules.rnn.RNNCellBase")
def _cell(module: Any) -> Op:
    kind = type(module).__name__.removesuffix("Cell").lower()
    return Recurrent(kind, module.input_size, module.hidden_size)


@reads_function("add_relu", "add_scalar", "add_scalar_relu", takes=("input", "other"))
@reads_function("mul_relu", "mul_scalar", "mul_scalar_relu", takes=("input", "other"))
def _arithmetic(name: str, a: Any) -> Op:
    """What `FloatFunctional` does on quantized tensors, with or without a ReLU behind it."""
    return Elementwise(name.partition("_")[0])


def packed_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor, Any]]:
    """Name, tensor and holder of what a module holds packed; what cannot be unpacked is left out.

    Unpacking copies: the tensors are gone when they are let go. A weight that comes out as float32
    is packed as float16, the only type of these that is not quantized.
    """
    for attribute, holder in vars(module).items():
        if isinstance(holder, torch.ScriptObject):
            packed = "_packed_weight"
            end = attribute.removeprefix(packed) if attribute.startswith(packed) else ""
            for name, tensor in _unpacked(holder):
                yield f"{name}{end}", tensor, holder


def _unpacked(holder: Any) -> list[tuple[str, Tensor]]:
    kind = holder._type().name()
    try:
        if kind == "CellParamsBase":
            return list(_of_cell(holder))
        found = getattr(torch.ops.quantized, _UNPACK[kind])(holder)
    except (LookupError, RuntimeError, TypeError, ValueError, AttributeError):
        return []
    tensors = (found,) if isinstance(found, Tensor) else found
    named = zip(("weight", "bias"), tensors, strict=False)
    return [(name, _as_held(name, one)) for name, one in named if isinstance(one, Tensor)]


def _as_held(name: str, tensor: Tensor) -> Tensor:
    return tensor.half() if name == "weight" and tensor.is_floating_point() else tensor


def _of_cell(holder: Any) -> Iterator[tuple[str, Tensor]]:
    """Of one layer of an LSTM or GRU; beside weights in int8 their biases stand once more."""
    (_, biases, *_, weights), _ = holder.__getstate__()
    for place, (end, weight) in enumerate(zip(("ih", "hh"), weights, strict=True)):
        own = dict(_unpacked(weight)) | ({"bias": biases[place]} if biases else {})
        yield from ((f"{name}_{end}", tensor) for name, tensor in own.items())


_UNPACK = {
    "LinearPackedParamsBase": "linear_unpack",
    "Conv2dPackedParamsBase": "conv2d_unpack",
    "Conv3dPackedParamsBase": "conv3d_unpack",
    "EmbeddingPackedParamsBase": "embedding_bag_unpack",
}
"""What unpacks each kind of packed weights; those of one dimension are packed as of two."""
