"""Readers for what torch's functions do that are layers: with a window, weights or statistics."""

from __future__ import annotations

from math import prod

from resnet_inspect.capture.readers.registry import Arguments, reads_function
from resnet_inspect.capture.readers.windows import adaptive_pool, conv_window, pool, sizes
from resnet_inspect.traces.ops import (
    Attention,
    Conv,
    Linear,
    Norm,
    Op,
    Recurrent,
    Resample,
    Unknown,
)


def _in_each_dimension(name: str) -> list[str]:
    """The name of a function for one, two and three spatial dimensions."""
    return [name.format(dimensions) for dimensions in (1, 2, 3)]


@reads_function(
    *_in_each_dimension("conv{}d"),
    takes=("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
)
@reads_function(
    *_in_each_dimension("conv_transpose{}d"),
    takes=(
        "input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation",
    ),
)  # fmt: skip
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


@reads_function(
    "multi_head_attention_forward",
    takes=(
        "query", "key", "value", "embed_dim_to_check", "num_heads", "in_proj_weight",
        "in_proj_bias", "bias_k", "bias_v", "add_zero_attn", "dropout_p", "out_proj_weight",
        "out_proj_bias", "training", "key_padding_mask", "need_weights", "attn_mask",
        "use_separate_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight",
        "static_k", "static_v",
    ),
)  # fmt: skip
def _attention(name: str, a: Arguments) -> Op:
    if a.get("static_k") is not None or a.get("static_v") is not None:
        return Unknown(name, "it is given keys that are projected already")
    width = int(a["embed_dim_to_check"])
    key_dim = value_dim = width
    if a.get("use_separate_proj_weight", False):
        key_dim, value_dim = (int(a[f"{which}_proj_weight"].shape[1]) for which in "kv")
    out_features = int(a["out_proj_weight"].shape[0])
    return Attention(
        width,
        key_dim,
        value_dim,
        int(a["num_heads"]),
        out_features=0 if out_features == width else out_features,
        added_keys=(a.get("bias_k") is not None) + bool(a.get("add_zero_attn", False)),
    )


_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


@reads_function(
    *_GATES,
    takes=("input", *(f"argument {place}" for place in range(1, 10))),
)
def _recurrent(name: str, a: Arguments) -> Op:
    """What the layers of torch call: the sizes of a packed sequence may stand behind the input."""
    packed = isinstance(a["argument 3"], list | tuple)
    weights, _, layers, _, _, both_ways = (a[f"argument {place + packed}"] for place in range(2, 8))
    taken, kept = (tuple(weight.shape) for weight in weights[:2])
    hidden = taken[0] // _GATES[name]
    return Recurrent(
        name.partition("_")[0],
        taken[1],
        hidden,
        int(layers),
        bool(both_ways),
        0 if kept[1] == hidden else kept[1],
    )


@reads_function(
    *(f"{name}_cell" for name in _GATES), takes=("input", "hx", "w_ih", "w_hh", "b_ih", "b_hh")
)
def _cell(name: str, a: Arguments) -> Op:
    return Recurrent(name.partition("_")[0], int(a["w_ih"].shape[1]), int(a["w_hh"].shape[1]))


@reads_function("linear", takes=("input", "weight", "bias"))
def _linear(name: str, a: Arguments) -> Op:
    out_features, in_features = a["weight"].shape
    return Linear(in_features, out_features, a.get("bias") is not None)


@reads_function(
    *_in_each_dimension("max_pool{}d"),
    *_in_each_dimension("max_pool{}d_with_indices"),
    takes=("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
)
@reads_function(
    *_in_each_dimension("avg_pool{}d"),
    takes=("input", "kernel_size", "stride", "padding", "ceil_mode"),
)
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


@reads_function(
    *_in_each_dimension("adaptive_avg_pool{}d"),
    *_in_each_dimension("adaptive_max_pool{}d"),
    *_in_each_dimension("adaptive_max_pool{}d_with_indices"),
    takes=("input", "output_size"),
)
def _adaptive_pool(name: str, a: Arguments) -> Op:
    plain = name.removesuffix("_with_indices")
    return adaptive_pool("max" if "max" in plain else "avg", int(plain[-2]), a["output_size"])


@reads_function(
    "batch_norm",
    "instance_norm",
    takes=("input", "running_mean", "running_var", "weight", "bias", "of_input"),
)
@reads_function("group_norm", "local_response_norm", takes=("input",))
@reads_function("layer_norm", "rms_norm", takes=("input", "normalized_shape"))
def _norm(name: str, a: Arguments) -> Op:
    kind = name.removesuffix("_norm").replace("_", " ")
    given = a["input"].shape
    if kind in {"layer", "rms"}:
        over = tuple(a["normalized_shape"])
        return Norm(kind, prod(map(int, over)), dims=tuple(range(-len(over), 0)))
    if kind not in {"batch", "instance"}:
        return Norm(kind, int(given[1]))
    asked = a.get("of_input", a.get("training", a.get("use_input_stats", kind == "instance")))
    return Norm(kind, int(given[1]), of_input=bool(asked) or a.get("running_mean") is None)


@reads_function(
    "interpolate",
    takes=(
        "input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor",
        "antialias",
    ),
)  # fmt: skip
def _interpolate(name: str, a: Arguments) -> Op:
    return Resample(
        a.get("mode", "nearest"), bool(a.get("align_corners")), bool(a.get("antialias"))
    )


@reads_function(
    *_in_each_dimension("lp_pool{}d"),
    takes=("input", "norm_type", "kernel_size", "stride", "ceil_mode"),
)
def _lp_pool(name: str, a: Arguments) -> Op:
    ceil_mode = a.get("ceil_mode", False)
    return pool("lp", int(name[-2]), a["kernel_size"], a.get("stride"), ceil_mode=ceil_mode)
