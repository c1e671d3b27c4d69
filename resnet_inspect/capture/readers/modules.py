"""Readers for the layers of `torch.nn`."""

from __future__ import annotations

from math import prod

from torch import nn

from resnet_inspect.capture.members import class_name, has_bias
from resnet_inspect.capture.readers.registry import reads
from resnet_inspect.capture.readers.windows import adaptive_pool, convolution, patches, pool
from resnet_inspect.traces.ops import (
    Activate,
    Attention,
    Elementwise,
    Linear,
    Norm,
    Op,
    Recurrent,
    Resample,
    Reshape,
    Unknown,
)


@reads(
    nn.Conv1d, nn.Conv2d, nn.Conv3d,
    nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    "torchvision.ops.deform_conv.DeformConv2d",
)  # fmt: skip
def _conv(module: nn.Conv2d) -> Op:
    return convolution(module, has_bias(module))


_DIMENSIONS: dict[type[nn.Module], int] = {
    nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3,
    nn.AvgPool1d: 1, nn.AvgPool2d: 2, nn.AvgPool3d: 3,
    nn.LPPool1d: 1, nn.LPPool2d: 2, nn.LPPool3d: 3,
}  # fmt: skip


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
    return adaptive_pool("max" if "Max" in layer else "avg", int(layer[-2]), module.output_size)


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
