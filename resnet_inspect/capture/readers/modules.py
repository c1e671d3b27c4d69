"""`nn.Module` -> `Op`: one reader for each layer type.

A type with a reader is opaque: it is one step of the trace, whatever it computes inside. A type
without one is a container, and what it calls is recorded. To add a layer type, write a reader and
register it with `@reads`, or with `@reads_with_input` if what the layer does depends on the shape
that it is given; a class of a package that may be absent is given by its dotted name. A file of
readers is named in this folder's `__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from resnet_inspect.traces.modules import PythonClass
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Elementwise,
    Linear,
    Norm,
    Op,
    Pool,
    Recurrent,
    Resample,
    Reshape,
    Unknown,
    Window,
)
from resnet_inspect.traces.tensors import Shape

M = TypeVar("M", bound=nn.Module)
Reader = Callable[[Any, Shape], Op]

READERS: dict[type[nn.Module] | str, Reader] = {}
"""Readers by layer type, or by "module.Class" for types outside torch."""


def reads(*types: type[nn.Module] | str) -> Callable[[Callable[[M], Op]], Callable[[M], Op]]:
    """Register a reader for these layer types and their subclasses."""

    def register(reader: Callable[[M], Op]) -> Callable[[M], Op]:
        _register(types, lambda module, given: reader(module))
        return reader

    return register


def reads_with_input(
    *types: type[nn.Module] | str,
) -> Callable[[Callable[[M, Shape], Op]], Callable[[M, Shape], Op]]:
    """Register a reader that also takes the shape of the first input; () where there is none."""

    def register(reader: Callable[[M, Shape], Op]) -> Callable[[M, Shape], Op]:
        _register(types, reader)
        return reader

    return register


def _register(types: Iterable[type[nn.Module] | str], reader: Reader) -> None:
    for layer in types:
        if layer in READERS:
            raise ValueError(f"{layer} has a reader already")
        READERS[layer] = reader


def read_op(module: nn.Module, given: Shape = ()) -> Op:
    """What a module does, called with a tensor of shape `given` or () for the module as such.

    A `Container` if its type has no reader.
    """
    if isinstance(module, torch.jit.ScriptModule):
        return Unknown(class_name(module), "TorchScript runs outside Python")
    for base in type(module).__mro__:
        reader = READERS.get(base) or READERS.get(f"{base.__module__}.{base.__qualname__}")
        if reader is not None:
            try:
                return reader(module, given) if _forwards_as(module, base) else Container()
            except Exception:  # a class of the user's may hold less, or other things
                return Unknown(class_name(module), "it has not what its base class has")
    return Container()


def _forwards_as(module: nn.Module, base: type) -> bool:
    """Whether a module computes what its base class does.

    A user's subclass with a forward of its own may do more than the layer that it is made from;
    what it calls is recorded instead.
    """
    for name in ("forward", "_conv_forward"):
        owner = next((cls for cls in type(module).__mro__ if name in vars(cls)), base)
        if issubclass(owner, base) and owner is not base and owner.__module__[:6] != "torch.":
            return False
    return True


def class_name(module: nn.Module) -> str:
    """The name of the class a user would name."""
    return python_class(module).name


def python_class(module: nn.Module) -> PythonClass:
    """The class a user would name: without the subclass that parametrization puts on top.

    A class that goes by another name than it was defined with (`torch.fx`, TorchScript) cannot be
    found in any module: it is known by that name alone.
    """
    cls = type(module)
    if cls.__name__.startswith("Parametrized") and nn.utils.parametrize.is_parametrized(module):
        cls = nn.utils.parametrize.type_before_parametrizations(module)
    if isinstance(module, torch.jit.ScriptModule):
        return PythonClass("", str(module.original_name))
    if cls.__qualname__.rpartition(".")[2] != cls.__name__:
        return PythonClass("", cls.__name__)
    return PythonClass(str(cls.__module__), cls.__qualname__)


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


def has_bias(module: nn.Module) -> bool:
    """Whether a layer has a bias; one that is parametrized is not asked for, for that computes it.

    A parametrization may draw random numbers, or count how often it is asked.
    """
    return is_parametrized(module, "bias") or getattr(module, "bias", None) is not None


@reads(
    nn.Conv1d, nn.Conv2d, nn.Conv3d,
    nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    "torchvision.ops.deform_conv.DeformConv2d",
)  # fmt: skip
def _conv(module: nn.Conv2d) -> Op:
    kernel = module.kernel_size
    kernel_size = tuple(kernel) if isinstance(kernel, tuple) else (kernel, kernel)
    transposed = bool(getattr(module, "transposed", False))
    return Conv(
        conv_window(kernel_size, module.stride, module.padding, module.dilation),
        module.in_channels,
        module.out_channels,
        module.groups,
        has_bias(module),
        transposed,
        sizes(module.output_padding, len(kernel_size)) if transposed else (),
    )


_DIMENSIONS: dict[type[nn.Module], int] = {
    nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3,
    nn.AvgPool1d: 1, nn.AvgPool2d: 2, nn.AvgPool3d: 3,
    nn.LPPool1d: 1, nn.LPPool2d: 2, nn.LPPool3d: 3,
}  # fmt: skip


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


@reads(*_DIMENSIONS)
def _pool(module: nn.MaxPool2d) -> Op:
    layer = next(base for base in type(module).__mro__ if base in _DIMENSIONS)
    kind = {"M": "max", "A": "avg", "L": "lp"}[layer.__name__[0]]
    return pool(
        kind,
        _DIMENSIONS[layer],
        module.kernel_size,
        module.stride,
        getattr(module, "padding", 0),
        getattr(module, "dilation", 1),
        module.ceil_mode,
    )


@reads(
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d,
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
)  # fmt: skip
def _adaptive_pool(module: nn.AdaptiveAvgPool2d) -> Op:
    layer = next(b.__name__ for b in type(module).__mro__ if b.__module__.startswith("torch.nn"))
    size = module.output_size
    dimensions = int(layer[-2])
    output = tuple(size) if isinstance(size, tuple | list) else (size,) * dimensions
    return AdaptivePool("max" if "Max" in layer else "avg", output)


@reads(nn.modules.batchnorm._BatchNorm, "torchvision.ops.misc.FrozenBatchNorm2d")
def _batch_norm(module: nn.BatchNorm2d) -> Op:
    features = getattr(module, "num_features", None)
    is_frozen = not isinstance(module, nn.modules.batchnorm._NormBase)
    return Norm(
        "batch",
        int(module.weight.shape[0] if features is None else features),
        of_input=False if is_frozen else _is_of_input(module),
    )


def _is_of_input(module: nn.modules.batchnorm._NormBase) -> bool:
    """Whether a norm takes the statistics of its input, and not those that it has kept."""
    return module.training or module.running_mean is None


@reads(nn.modules.instancenorm._InstanceNorm)
def _instance_norm(module: nn.InstanceNorm2d) -> Op:
    return Norm("instance", module.num_features, of_input=_is_of_input(module))


@reads(nn.GroupNorm)
def _group_norm(module: nn.GroupNorm) -> Op:
    return Norm("group", module.num_channels)


@reads(nn.LayerNorm)
def _layer_norm(module: nn.LayerNorm) -> Op:
    over = module.normalized_shape
    return Norm("layer", prod(over), dims=tuple(range(-len(over), 0)))


@reads(nn.RMSNorm)
def _rms_norm(module: nn.RMSNorm) -> Op:
    over = module.normalized_shape
    return Norm("rms", prod(over), dims=tuple(range(-len(over), 0)))


@reads(nn.LocalResponseNorm, nn.CrossMapLRN2d)
def _local_response_norm(module: nn.Module) -> Op:
    return Norm("local response", 0)


@reads(nn.Linear)
def _linear(module: nn.Linear) -> Op:
    return Linear(module.in_features, module.out_features, has_bias(module))


@reads(nn.MultiheadAttention)
def _attention(module: nn.MultiheadAttention) -> Op:
    return Attention(
        module.embed_dim,
        module.kdim,
        module.vdim,
        module.num_heads,
        module.batch_first,
        added_keys=(module.bias_k is not None) + bool(module.add_zero_attn),
    )


_ACTIVATIONS = tuple(
    getattr(nn, name) for name in nn.modules.activation.__all__ if name != "MultiheadAttention"
)


_ALONG_ONE = {"softmax", "logsoftmax", "softmin"}


@reads(*_ACTIVATIONS)
def _activation(module: nn.Module) -> Op:
    layer = next(base for base in type(module).__mro__ if base in _ACTIVATIONS)
    name = layer.__name__.lower()
    along = getattr(module, "dim", None) if name in _ALONG_ONE else None
    dims = (along,) if type(along) is int else None
    return Activate(name, bool(getattr(module, "inplace", False)), dims)


@reads(nn.modules.dropout._DropoutNd)
def _dropout(module: nn.Dropout) -> Op:
    return Elementwise("dropout", module.inplace)


@reads("torchvision.ops.stochastic_depth.StochasticDepth")
def _drop_path(module: nn.Module) -> Op:
    return Elementwise("drop path")


@reads(nn.Identity)
def _identity(module: nn.Module) -> Op:
    return Elementwise("identity")


@reads(nn.Flatten, nn.Unflatten, nn.ChannelShuffle, nn.Embedding)
def _reshape(module: nn.Module) -> Op:
    return Reshape(type(module).__name__.lower())


@reads(nn.Fold, nn.Unfold)
def _patches(module: nn.Fold) -> Op:
    name = "fold" if isinstance(module, nn.Fold) else "unfold"
    return Reshape(name, slides=patches(module.kernel_size, vars(module)))


@reads(
    nn.modules.padding._ConstantPadNd,
    nn.modules.padding._ReflectionPadNd,
    nn.modules.padding._ReplicationPadNd,
    nn.modules.padding._CircularPadNd,
)
def _pad(module: nn.ZeroPad2d) -> Op:
    before = [int(number) for number in module.padding[::2]][::-1]
    starts = (0, 0, *(-number for number in before))
    border = next((word for kind, word in _BORDERS.items() if isinstance(module, kind)), "")
    return Reshape("pad", starts, (1,) * len(starts), border=border)


_BORDERS: dict[type[nn.Module], str] = {
    nn.modules.padding._ReflectionPadNd: "reflect",
    nn.modules.padding._ReplicationPadNd: "replicate",
    nn.modules.padding._CircularPadNd: "circular",
}


@reads(
    nn.Upsample, nn.PixelShuffle, nn.PixelUnshuffle,
    nn.MaxUnpool1d, nn.MaxUnpool2d, nn.MaxUnpool3d,
    nn.FractionalMaxPool2d, nn.FractionalMaxPool3d,
)  # fmt: skip
def _resample(module: nn.Module) -> Op:
    mode = getattr(module, "mode", None)
    if not isinstance(mode, str):
        return Resample(type(module).__name__.lower())
    return Resample(mode, bool(getattr(module, "align_corners", False)), False)


@reads(nn.RNNBase)
def _recurrent(module: nn.RNNBase) -> Op:
    return Recurrent(
        module.mode[:4].strip("_").lower(),  # RNN_TANH
        module.input_size,
        module.hidden_size,
        module.num_layers,
        module.bidirectional,
        module.proj_size,
    )


@reads(nn.RNNCellBase)
def _cell(module: nn.RNNCellBase) -> Op:
    kind = {4: "lstm", 3: "gru", 1: "rnn"}[module.weight_hh.shape[0] // module.hidden_size]
    return Recurrent(kind, module.input_size, module.hidden_size)


@reads(nn.Bilinear)
def _uncounted(module: nn.Module) -> Op:
    return Unknown(class_name(module), "no rule for its multiply-accumulates")
