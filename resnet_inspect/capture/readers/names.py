"""What torch's functions are called, and what those do whose name alone says it.

A name that is on no list is looked up among torch's own operators, which say of themselves whether
they work element by element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from resnet_inspect.traces.ops import Create, MatMul, Op, Reduce, Resample, Reshape

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


def works_in_place(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a function works in place, by torch's rule for names: `add_`, `__iadd__`, inplace.

    For tensors whose changes torch does not count.
    """
    name = getattr(function, "__name__", "")
    if name.startswith("__"):
        augmented = name.startswith("__i") and name not in NOT_IN_PLACE
        return augmented or name == "__setitem__"
    return name.endswith("_") or bool(kwargs.get("inplace"))


def works_elementwise(name: str) -> bool:
    """Whether a function is known to work element by element, or torch's operator says so."""
    if name in _ELEMENTWISE:
        return True
    packet = getattr(torch.ops.aten, name, None)
    if packet is None:
        return False
    return any(
        torch.Tag.pointwise in getattr(packet, overload).tags for overload in packet.overloads()
    )


ACTIVATIONS = frozenset(
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
        "quantize_per_tensor",
        "quantize_per_channel",
        "dequantize",
        "fake_quantize_per_tensor_affine",
        "fake_quantize_per_channel_affine",
        "add_relu",
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

BY_NAME: tuple[tuple[frozenset[str], Callable[[str], Op]], ...] = (
    (_RESHAPE, Reshape),
    (_RESAMPLE, Resample),
    (_REDUCE, Reduce),
    (_CREATE, Create),
    (_MATMUL, MatMul),
)
"""What functions of these names do, whatever they are given."""
