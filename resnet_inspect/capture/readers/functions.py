"""A torch function and its arguments -> `Op`: what is done without a module.

The functions with a window or weights have readers of their own; the rest are sorted by name
(`names`), and what is left is `Unknown`. To add a function, write a reader and register it with
`@reads_function`; a file of readers is named in this folder's `__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from string import ascii_letters
from typing import Any

from resnet_inspect.capture.readers.modules import conv_window, pool, sizes
from resnet_inspect.capture.readers.names import ACTIVATIONS, BY_NAME, works_elementwise
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Recurrent,
    Resample,
    Reshape,
    Unknown,
)

Arguments = Mapping[str, Any]
Reader = Callable[[str, Arguments], Op]

FUNCTION_READERS: dict[str, tuple[tuple[str, ...], Reader]] = {}
"""By a function's name: its positional parameters, and what makes an op of them."""


def reads_function(*names: str, takes: tuple[str, ...]) -> Callable[[Reader], Reader]:
    """Register a reader for functions of these names that take these positional parameters.

    It gets the name, and the arguments that were given by the names of their parameters.
    """

    def register(reader: Reader) -> Reader:
        for name in names:
            if name in FUNCTION_READERS:
                raise ValueError(f"{name} has a reader already")
            FUNCTION_READERS[name] = (takes, reader)
        return reader

    return register


def read_function(name: str, args: tuple[Any, ...], kwargs: Arguments, in_place: bool) -> Op:
    """What a function did with these arguments; `name` as `function_name` gives it."""
    reader = FUNCTION_READERS.get(name)
    if reader is not None:
        parameters, build = reader
        bound = dict(zip(parameters, args, strict=False)) | dict(kwargs)
        try:
            return build(name, bound)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return Unknown(name, "called in a way that its reader does not know")
    if name in ACTIVATIONS:
        return Activate(name.removesuffix("_"), in_place or bool(kwargs.get("inplace", False)))
    for names, op in BY_NAME:
        if name in names:
            return op(name)
    if works_elementwise(name):
        return Elementwise(name, in_place)
    return Unknown(name)


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


@reads_function("einsum", takes=("equation", "first", "second", "third"))
def _einsum(name: str, a: Arguments) -> Op:
    """An einsum, with a letter for every dimension, also of the result."""
    operands = [a[place] for place in ("first", "second", "third") if place in a]
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = list(operands[0])
    terms, arrow, made = a["equation"].replace(" ", "").partition("->")
    written = terms.split(",")
    if len(operands) != len(written):  # more than three of them
        return MatMul(name, f"{terms}{arrow}{made}")
    dots = [
        tensor.dim() - len(letters.replace("...", ""))
        for letters, tensor in zip(written, operands, strict=True)
    ]
    spare = [letter for letter in ascii_letters if letter not in terms][: max(dots)]
    if not arrow:
        once = (letter for letter in sorted(terms) if terms.count(letter) == 1)
        made = f"{'...' * ('...' in terms)}{''.join(letter for letter in once if letter.isalpha())}"
    ends = [
        letters.replace("...", "".join(spare[len(spare) - number :]))
        for letters, number in zip((*written, made), (*dots, len(spare)), strict=True)
    ]
    return MatMul(name, f"{','.join(ends[:-1])}->{ends[-1]}")


@reads_function("tensordot", takes=("a", "b", "dims"))
def _tensordot(name: str, a: Arguments) -> Op:
    """As an equation: what is summed over has the same letter in both."""
    rank, other = a["a"].dim(), a["b"].dim()
    dims = a.get("dims", 2)
    if isinstance(dims, int):
        dims = (range(rank - dims, rank), range(dims))
    summed = list(zip(*([int(dim) for dim in of] for of in dims), strict=True))
    left = list(ascii_letters[:rank])
    right = list(ascii_letters[rank : rank + other])
    for one, two in summed:
        right[two] = left[one]
    made = [letter for letter in (*left, *right) if (letter in left) != (letter in right)]
    return MatMul(name, f"{''.join(left)},{''.join(right)}->{''.join(made)}")


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
    size = a["output_size"]
    dimensions = int(plain[-2])
    output = tuple(size) if isinstance(size, tuple | list) else (size,) * dimensions
    return AdaptivePool("max" if "max" in plain else "avg", output)


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


@reads_function("cat", "concat", "concatenate", "stack", takes=("tensors", "dim"))
def _join(name: str, a: Arguments) -> Op:
    tensors = a["tensors"]
    rank = tensors[0].dim() + (name == "stack")
    return Join(name, int(a.get("dim", a.get("axis", 0))) % max(rank, 1))


@reads_function("slice", takes=("input", "index"))
def _slice(name: str, a: Arguments) -> Op:
    """A slice, a number or a new dimension in each place; what tensors pick is not described."""
    shape = a["input"].shape
    index = a["index"] if isinstance(a["index"], tuple) else (a["index"],)
    if not all(
        part is None or part is Ellipsis or isinstance(part, slice) or type(part) is int
        for part in index
    ):
        return Reshape(name)
    taken = sum(part is not None and part is not Ellipsis for part in index)
    all_of_it = [slice(None)] * (len(shape) - taken)
    at = next((i for i, part in enumerate(index) if part is Ellipsis), len(index))
    whole = [*index[:at], *all_of_it, *index[at + 1 :]]
    starts: list[int] = []
    steps: list[int] = []
    dims: list[int] = []
    for part in whole:
        if part is None:
            dims.append(-1)
            continue
        size = shape[len(starts)]
        if isinstance(part, slice):
            dims.append(len(starts))
            first, _, step = part.indices(size)
        else:
            first, step = part % size, 1
        starts.append(first)
        steps.append(step)
    if len(starts) != len(shape):
        return Reshape(name)
    is_plain = dims == list(range(len(shape)))
    return Reshape(name, tuple(starts), tuple(steps), None if is_plain else tuple(dims))


@reads_function("pad", takes=("input", "pad", "mode"))
def _pad(name: str, a: Arguments) -> Op:
    """A pad from two numbers for each padded dimension, the last dimension first."""
    rank = a["input"].dim()
    before = [int(number) for number in a["pad"][::2]][::-1]
    starts = (*[0] * (rank - len(before)), *(-number for number in before))
    mode = str(a.get("mode", "constant"))
    return Reshape(name, starts, (1,) * rank, border="" if mode == "constant" else mode)
