"""Torch's functions whose name alone says what they do, by what that is.

A name that is on no list is looked up among torch's own operators, which say of themselves whether
they work element by element.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from resnet_inspect.traces.ops import Create, MatMul, Op, Reduce, Resample, Reshape

ACTIVATIONS = frozenset({
    "relu", "relu6", "elu", "selu", "celu", "leaky_relu", "prelu", "rrelu", "glu", "gelu", "silu",
    "mish", "hardswish", "hardsigmoid", "hardtanh", "sigmoid", "logsigmoid", "tanh", "softplus",
    "softsign", "softmax", "log_softmax", "softmin", "threshold", "hardshrink", "softshrink",
    "tanhshrink", "normalize",
})  # fmt: skip

_ELEMENTWISE = frozenset({
    "add", "sub", "mul", "div", "pow", "neg", "abs", "sqrt", "rsqrt", "exp", "log", "dropout",
    "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "identity",
    "where", "setitem", "masked_fill", "clamp", "fill", "zero", "copy", "floordiv", "mod", "lt",
    "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "lshift", "rshift", "one_hot", "bucketize",
    "nan_to_num", "isfinite", "isnan", "isinf", "absolute", "arccos", "arccosh", "arcsin",
    "arcsinh", "arctan", "arctan2", "arctanh", "conj", "divide", "dequantize",
    "fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine", "feature_dropout", "fix",
    "floor_divide", "greater", "greater_equal", "isclose", "isreal", "less", "less_equal",
    "log_sigmoid", "multiply", "native_dropout", "negative", "not_equal", "polar",
    "quantize_per_channel", "quantize_per_tensor", "quantize_per_tensor_dynamic", "resolve_neg",
    "subtract",
})  # fmt: skip

_RESHAPE = frozenset({
    "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "squeeze",
    "unsqueeze", "transpose", "permute", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T",
    "mT", "H", "mH", "expand", "expand_as", "repeat", "repeat_interleave", "tile", "narrow",
    "select", "index_select", "gather", "take", "take_along_dim", "masked_select", "chunk", "split",
    "tensor_split", "unbind", "hsplit", "vsplit", "dsplit", "constant_pad_nd", "roll", "flip",
    "fliplr", "flipud", "rot90", "unfold", "fold", "contiguous", "detach", "clone", "to", "type",
    "type_as", "float", "double", "half", "bfloat16", "int", "long", "bool", "cpu", "cuda", "data",
    "real", "imag", "as_strided", "diagonal", "tril", "triu", "channel_shuffle", "sort", "argsort",
    "unique", "nonzero", "iter", "embedding", "requires_grad", "resolve_conj", "atleast_1d",
    "atleast_2d", "atleast_3d", "broadcast_to", "broadcast_tensors", "meshgrid", "from_numpy",
    "as_tensor", "alias",
})  # fmt: skip

_RESAMPLE = frozenset({
    "upsample", "upsample_nearest", "upsample_bilinear", "grid_sample", "affine_grid",
    "pixel_shuffle", "pixel_unshuffle", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool",
    "max_unpool1d", "max_unpool2d", "max_unpool3d", "fractional_max_pool2d", "lp_pool1d",
    "lp_pool2d", "lp_pool3d",
})  # fmt: skip

_REDUCE = frozenset({
    "mean", "sum", "prod", "max", "min", "amax", "amin", "argmax", "argmin", "std", "var", "norm",
    "vector_norm", "topk", "all", "any", "cumsum", "cumprod", "logsumexp", "median", "mode",
    "quantile", "aminmax", "std_mean", "var_mean", "count_nonzero", "nms", "batched_nms",
    "searchsorted", "kthvalue", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "bincount", "cdist", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss",
    "cummax", "cummin", "cumulative_trapezoid", "dist", "embedding_bag", "frobenius_norm",
    "gaussian_nll_loss", "hinge_embedding_loss", "histc", "huber_loss", "kl_div", "l1_loss",
    "linalg_norm", "linalg_vector_norm", "logcumsumexp", "margin_ranking_loss", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nanmean",
    "nanmedian", "nanquantile", "nansum", "nll_loss", "pairwise_distance", "pdist",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss", "trace", "trapezoid", "trapz",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
})  # fmt: skip

_CREATE = frozenset({
    "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange", "linspace",
    "eye", "tensor", "scalar_tensor", "zeros_like", "ones_like", "empty_like", "full_like",
    "rand_like", "randn_like", "randint_like", "new_zeros", "new_ones", "new_empty", "new_full",
    "new_tensor", "bernoulli", "normal", "uniform", "exponential", "random", "trunc_normal",
    "kaiming_uniform", "kaiming_normal", "xavier_uniform", "xavier_normal", "empty_strided",
})  # fmt: skip

_MATMUL = frozenset({
    "matmul", "mm", "bmm", "addmm", "baddbmm", "addbmm", "addmv", "mv", "dot", "inner",
    "scaled_dot_product_attention",
})  # fmt: skip

BY_NAME: tuple[tuple[frozenset[str], Callable[[str], Op]], ...] = (
    (_RESHAPE, Reshape),
    (_RESAMPLE, Resample),
    (_REDUCE, Reduce),
    (_CREATE, Create),
    (_MATMUL, MatMul),
)
"""What functions of these names do, whatever they are given."""


def works_elementwise(name: str) -> bool:
    """Whether a function is known to work element by element, or torch's operator says so."""
    if name in _ELEMENTWISE:
        return True
    packet = getattr(torch.ops.aten, name, None)
    if packet is None or isinstance(packet, str):  # its "name" is no operator
        return False
    return any(
        torch.Tag.pointwise in getattr(packet, overload).tags for overload in packet.overloads()
    )
