"""A torch function and its arguments -> `Op`: what is done without a module.

The functions with a window or weights have readers of their own; the rest are sorted by name.
A name that is on no list is looked up among torch's own operators, which say of themselves
whether they work element by element; what is left is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch

from resnet_inspect.capture.readers.modules import conv_window, pool, sizes
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Reduce,
    Resample,
    Reshape,
    Unknown,
)

Arguments = Mapping[str, Any]

_CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_CONV_TRANSPOSE = (
    "input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation",
)  # fmt: skip
_MAX_POOL = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
_AVG_POOL = ("input", "kernel_size", "stride", "padding", "ceil_mode")


NOT_IN_PLACE = frozenset({"__invert__", "__index__", "__int__"})
"""Methods that begin as the augmented assignments do (`__iadd__`) and are none."""


def function_name(function: Callable[..., Any]) -> str:
    """The plain name of a function or method: `add` for `Tensor.__iadd__` and `torch.add_`."""
    name = getattr(function, "__name__", None) or type(function).__name__
    if name in {"__get__", "__set__"}:
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    if name == "__call__":
        name = str(getattr(function, "__self__", name)).split(".")[-1]
    stripped = name.strip("_")
    if name.startswith("__i") and name not in NOT_IN_PLACE:
        stripped = stripped[1:]
    if name.startswith("__r") and name not in {"__rshift__", "__repr__", "__round__"}:
        stripped = stripped[1:]
    plain = {"truediv": "div", "getitem": "slice", "iadd": "add", "boolean_dispatch": "pool"}
    return plain.get(stripped, stripped or name)


def read_function(name: str, args: tuple[Any, ...], kwargs: Arguments, in_place: bool) -> Op:
    """What a function did with these arguments; `name` as `function_name` gives it."""
    reader = _READERS.get(name)
    if reader is not None:
        parameters, build = reader
        bound = dict(zip(parameters, args, strict=False)) | dict(kwargs)
        try:
            return build(name, bound)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return Unknown(name, "called in a way that its reader does not know")
    if name in _ACTIVATIONS:
        return Activate(name.removesuffix("_"), in_place or bool(kwargs.get("inplace", False)))
    for names, op in _BY_NAME:
        if name in names:
            return op(name)
    if name in _ELEMENTWISE or _works_elementwise(name):
        return Elementwise(name, in_place)
    return Unknown(name)


def _works_elementwise(name: str) -> bool:
    """Whether torch's operator of that name is tagged as pointwise."""
    packet = getattr(torch.ops.aten, name, None)
    if packet is None:
        return False
    return any(
        torch.Tag.pointwise in getattr(packet, overload).tags for overload in packet.overloads()
    )


def _conv(name: str, a: Arguments) -> Op:
    dimensions = int(name[-2])
    weight = tuple(a["weight"].shape)
    groups = int(a.get("groups", 1))
    transposed = "transpose" in name
    window = conv_window(weight[2:], a.get("stride", 1), a.get("padding", 0), a.get("dilation", 1))
    first, second = weight[:2]
    return Conv(
        window,
        first if transposed else second * groups,
        second * groups if transposed else first,
        groups,
        a.get("bias") is not None,
        transposed,
        sizes(a.get("output_padding", 0), dimensions) if transposed else (),
    )


def _linear(name: str, a: Arguments) -> Op:
    out_features, in_features = a["weight"].shape
    return Linear(in_features, out_features, a.get("bias") is not None)


def _pool(name: str, a: Arguments) -> Op:
    plain = name.removesuffix("_with_indices")
    return pool(
        plain[:3],
        int(plain[-2]),
        a["kernel_size"],
        a.get("stride"),
        a.get("padding", 0),
        a.get("dilation", 1),
        a.get("ceil_mode", False),
    )


def _adaptive_pool(name: str, a: Arguments) -> Op:
    plain = name.removesuffix("_with_indices")
    size = a["output_size"]
    dimensions = int(plain[-2])
    output = tuple(size) if isinstance(size, tuple | list) else (size,) * dimensions
    return AdaptivePool("max" if "max" in plain else "avg", output)


def _norm(name: str, a: Arguments) -> Op:
    kind = name.removesuffix("_norm").replace("_", " ")
    given = a["input"].shape
    if kind in {"layer", "rms"}:
        return Norm(kind, prod(map(int, a["normalized_shape"])))
    return Norm(kind, int(given[1]))


def _interpolate(name: str, a: Arguments) -> Op:
    return Resample(a.get("mode", "nearest"))


def _join(name: str, a: Arguments) -> Op:
    tensors = a["tensors"]
    rank = tensors[0].dim() + (name == "stack")
    return Join(name, int(a.get("dim", a.get("axis", 0))) % max(rank, 1))


def _slice(name: str, a: Arguments) -> Op:
    """A slice of each dimension; an index that picks, adds or drops dimensions is not described."""
    shape = a["input"].shape
    index = a["index"] if isinstance(a["index"], tuple) else (a["index"],)
    if Ellipsis in index:
        at = index.index(Ellipsis)
        missing = len(shape) - len(index) + 1
        index = (*index[:at], *[slice(None)] * missing, *index[at + 1 :])
    if len(index) > len(shape) or not all(isinstance(part, slice) for part in index):
        return Reshape(name)
    whole = (*index, *[slice(None)] * (len(shape) - len(index)))
    bounds = [part.indices(size) for part, size in zip(whole, shape, strict=True)]
    return Reshape(name, tuple(b[0] for b in bounds), tuple(b[2] for b in bounds))


def _pad(name: str, a: Arguments) -> Op:
    """A pad from two numbers for each padded dimension, the last dimension first."""
    rank = a["input"].dim()
    before = [int(number) for number in a["pad"][::2]][::-1]
    starts = (*[0] * (rank - len(before)), *(-number for number in before))
    return Reshape(name, starts, (1,) * rank)


_READERS: dict[str, tuple[tuple[str, ...], Callable[[str, Arguments], Op]]] = {
    **{f"conv{n}d": (_CONV, _conv) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": (_CONV_TRANSPOSE, _conv) for n in (1, 2, 3)},
    **{f"max_pool{n}d": (_MAX_POOL, _pool) for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": (_MAX_POOL, _pool) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": (_AVG_POOL, _pool) for n in (1, 2, 3)},
    **{
        f"adaptive_{kind}_pool{n}d{suffix}": (("input", "output_size"), _adaptive_pool)
        for kind, suffix in (("avg", ""), ("max", ""), ("max", "_with_indices"))
        for n in (1, 2, 3)
    },
    "linear": (("input", "weight", "bias"), _linear),
    "slice": (("input", "index"), _slice),
    "pad": (("input", "pad"), _pad),
    "interpolate": (("input", "size", "scale_factor", "mode"), _interpolate),
    "batch_norm": (("input",), _norm),
    "instance_norm": (("input",), _norm),
    "group_norm": (("input",), _norm),
    "layer_norm": (("input", "normalized_shape"), _norm),
    "rms_norm": (("input", "normalized_shape"), _norm),
    "local_response_norm": (("input",), _norm),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), (("tensors", "dim"), _join)),
}

_ACTIVATIONS = frozenset(
    [
        "relu",
        "relu6",
        "elu",
        "selu",
        "celu",
        "leaky_relu",
        "prelu",
        "rrelu",
        "glu",
        "gelu",
        "silu",
        "mish",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "sigmoid",
        "logsigmoid",
        "tanh",
        "softplus",
        "softsign",
        "softmax",
        "log_softmax",
        "softmin",
        "threshold",
        "hardshrink",
        "softshrink",
        "tanhshrink",
        "normalize",
    ]
)

_ELEMENTWISE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "pow",
        "neg",
        "abs",
        "sqrt",
        "rsqrt",
        "exp",
        "log",
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "alpha_dropout",
        "feature_alpha_dropout",
        "identity",
        "where",
        "setitem",
        "masked_fill",
        "clamp",
        "fill",
        "zero",
        "copy",
        "floordiv",
        "mod",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "and",
        "or",
        "xor",
        "lshift",
        "rshift",
        "one_hot",
        "bucketize",
        "nan_to_num",
        "isfinite",
        "isnan",
        "isinf",
    ]
)

_RESHAPE = frozenset(
    [
        "view",
        "view_as",
        "reshape",
        "reshape_as",
        "flatten",
        "unflatten",
        "ravel",
        "squeeze",
        "unsqueeze",
        "transpose",
        "permute",
        "swapaxes",
        "swapdims",
        "movedim",
        "moveaxis",
        "t",
        "T",
        "mT",
        "H",
        "mH",
        "expand",
        "expand_as",
        "repeat",
        "repeat_interleave",
        "tile",
        "narrow",
        "select",
        "index_select",
        "gather",
        "take",
        "take_along_dim",
        "masked_select",
        "chunk",
        "split",
        "tensor_split",
        "unbind",
        "hsplit",
        "vsplit",
        "dsplit",
        "constant_pad_nd",
        "roll",
        "flip",
        "fliplr",
        "flipud",
        "rot90",
        "unfold",
        "fold",
        "contiguous",
        "detach",
        "clone",
        "to",
        "type",
        "type_as",
        "float",
        "double",
        "half",
        "bfloat16",
        "int",
        "long",
        "bool",
        "cpu",
        "cuda",
        "data",
        "real",
        "imag",
        "as_strided",
        "diagonal",
        "tril",
        "triu",
        "channel_shuffle",
        "sort",
        "argsort",
        "unique",
        "nonzero",
        "iter",
        "embedding",
        "requires_grad",
        "resolve_conj",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "broadcast_to",
        "broadcast_tensors",
        "meshgrid",
        "from_numpy",
        "as_tensor",
        "alias",
    ]
)

_RESAMPLE = frozenset(
    [
        "upsample",
        "upsample_nearest",
        "upsample_bilinear",
        "grid_sample",
        "affine_grid",
        "pixel_shuffle",
        "pixel_unshuffle",
        "roi_align",
        "roi_pool",
        "ps_roi_align",
        "ps_roi_pool",
        "max_unpool1d",
        "max_unpool2d",
        "max_unpool3d",
        "fractional_max_pool2d",
        "lp_pool1d",
        "lp_pool2d",
        "lp_pool3d",
    ]
)

_REDUCE = frozenset(
    [
        "mean",
        "sum",
        "prod",
        "max",
        "min",
        "amax",
        "amin",
        "argmax",
        "argmin",
        "std",
        "var",
        "norm",
        "vector_norm",
        "topk",
        "all",
        "any",
        "cumsum",
        "cumprod",
        "logsumexp",
        "median",
        "mode",
        "quantile",
        "aminmax",
        "std_mean",
        "var_mean",
        "count_nonzero",
        "nms",
        "batched_nms",
        "searchsorted",
        "kthvalue",
    ]
)

_CREATE = frozenset(
    [
        "zeros",
        "ones",
        "empty",
        "full",
        "rand",
        "randn",
        "randint",
        "randperm",
        "arange",
        "linspace",
        "eye",
        "tensor",
        "scalar_tensor",
        "zeros_like",
        "ones_like",
        "empty_like",
        "full_like",
        "rand_like",
        "randn_like",
        "randint_like",
        "new_zeros",
        "new_ones",
        "new_empty",
        "new_full",
        "new_tensor",
        "bernoulli",
        "normal",
        "uniform",
        "exponential",
        "random",
        "trunc_normal",
        "kaiming_uniform",
        "kaiming_normal",
        "xavier_uniform",
        "xavier_normal",
        "empty_strided",
    ]
)

_MATMUL = frozenset(
    [
        "matmul",
        "mm",
        "bmm",
        "addmm",
        "baddbmm",
        "addbmm",
        "mv",
        "dot",
        "inner",
        "scaled_dot_product_attention",
    ]
)

_BY_NAME: tuple[tuple[frozenset[str], Callable[[str], Op]], ...] = (
    (_RESHAPE, Reshape),
    (_RESAMPLE, Resample),
    (_REDUCE, Reduce),
    (_CREATE, Create),
    (_MATMUL, MatMul),
)
