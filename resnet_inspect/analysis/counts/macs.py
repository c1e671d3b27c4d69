"""Multiply-accumulates: one rule per op.

The convention is that of torchvision's published figures and of `FlopCounterMode` (whose FLOPs
are twice as many): convolutions, linear layers and matrix products count, and blur pools, which
are convolutions with a fixed kernel; biases, norms, nonlinearities, additions and other pools do
not. What no rule covers is None, and is reported by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any

from resnet_inspect.analysis.contractions import factors, place_of
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention, Conv, Linear, MatMul, Op, Pool, Recurrent, Unknown
from resnet_inspect.traces.tensors import Shape

Rule = Callable[[Any, dict[str, Shape], Shape], int | None]


def _conv(op: Conv, inputs: dict[str, Shape], output: Shape) -> int:
    taps = prod(op.window.kernel_size)
    if op.transposed:
        given = _operand(inputs, "", "0", "input")
        return prod(given) * (op.out_channels // op.groups) * taps
    return prod(output) * (op.in_channels // op.groups) * taps


def _pool(op: Pool, inputs: dict[str, Shape], output: Shape) -> int:
    return prod(output) * prod(op.window.kernel_size) if op.kind == "blur" else 0


def _linear(op: Linear, inputs: dict[str, Shape], output: Shape) -> int:
    return prod(output) * op.in_features


def _attention(op: Attention, inputs: dict[str, Shape], output: Shape) -> int:
    key, value = _operand(inputs, "1", "key"), _operand(inputs, "2", "value")
    length = 1 if op.batch_first and len(key) == 3 else 0
    queries, keys = prod(output[:-1]), prod(key[:-1])
    projections = (
        queries * op.embed_dim * (op.embed_dim + (op.out_features or op.embed_dim))
        + keys * op.key_dim * op.embed_dim
        + prod(value[:-1]) * op.value_dim * op.embed_dim
    )
    return projections + 2 * queries * (key[length] + op.added_keys) * op.embed_dim


def _recurrent(op: Recurrent, inputs: dict[str, Shape], output: Shape) -> int:
    """Each step multiplies its input and its last state with the weights of all gates.

    What comes out has a row for each step, also of a packed sequence, whose steps are in one row.
    """
    one_way = sum(
        op.gates * op.hidden_size * (op.taken_by(layer) + op.state) + op.hidden_size * op.projection
        for layer in range(op.layers)
    )
    return prod(output[:-1]) * (1 + op.bidirectional) * one_way


def _matmul(op: MatMul, inputs: dict[str, Shape], output: Shape) -> int | None:
    if op.name == "scaled_dot_product_attention":
        key = _operand(inputs, "1", "key")
        return prod(output[:-1]) * key[-2] * (key[-1] + output[-1])
    if op.name in {"einsum", "tensordot"}:
        return _contraction(op, inputs, output)
    if op.name in {"addmm", "baddbmm", "addbmm", "addmv"}:
        left = _find(inputs, "1", "mat1", "batch1", "mat")
        right = _find(inputs, "2", "mat2", "batch2", "vec")
    else:
        left = _find(inputs, "0", "input")
        right = _find(inputs, "1", "other", "mat2", "vec", "tensor")
    if left is not None:
        inner = left[-1]
    elif right is not None:  # what it is multiplied by is a parameter
        inner = right[-1 if len(right) == 1 or op.name == "inner" else -2]
    else:
        return None
    batch = (left or right or (1,))[0] if op.name == "addbmm" else 1
    return prod(output) * inner * batch


def _contraction(op: MatMul, inputs: dict[str, Shape], output: Shape) -> int | None:
    """Two tensors, of which one may be a parameter, whose common letters are summed over.

    A letter that only one of them has, and not the result, is summed over before they are
    multiplied. Where none is summed over, elements are multiplied and no product of matrices is
    made. What three tensors take depends on the order in which they are multiplied.
    """
    operands, made = factors(op)
    if len(operands) == 1 and operands[0]:
        return 0
    if len(operands) != 2 or len(made) != len(output):
        return None
    left, right = operands
    common = [letter for letter in left if letter in right and letter not in made]
    if not common:
        return 0
    sizes = [
        dict(zip(operands[place], shape, strict=True))
        for label, shape in inputs.items()
        if (place := place_of(op, label)) is not None and place < len(operands)
    ]
    if not sizes:
        return None
    # Of two sizes one is 1: the other is summed over by itself.
    inner = prod(min(size[letter] for size in sizes) for letter in common)
    return prod(output) * inner if inner > 1 else 0


def _find(inputs: dict[str, Shape], *labels: str) -> Shape | None:
    """The input that stands at one of these places; None if a parameter does."""
    return next((inputs[label] for label in labels if label in inputs), None)


def _operand(inputs: dict[str, Shape], *labels: str) -> Shape:
    """The input that stands at one of these places; raises `LookupError` if a parameter does."""
    found = _find(inputs, *labels)
    if found is None:
        raise LookupError(labels)
    return found


NO_PRODUCTS = frozenset({
    "addr", "alias_copy", "argwhere", "as_strided_scatter", "batch_norm_backward_elemt",
    "batch_norm_elemt", "batch_norm_gather_stats", "batch_norm_stats", "block_diag", "byte",
    "cartesian_prod", "cdouble", "cfloat", "chalf", "char", "coalesce", "column_stack",
    "combinations", "complex", "cross", "diag", "diag_embed", "diagflat", "diagonal_scatter",
    "diff", "dstack", "expand_copy", "fill_diagonal", "fused_moving_avg_obs_fake_quant", "ger",
    "gradient", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "gumbel_softmax",
    "histogram", "histogramdd", "hstack", "index_add", "index_copy", "index_fill", "index_put",
    "index_reduce", "indices", "int_repr", "isin", "istft", "kron", "linalg_cross",
    "linalg_diagonal", "masked_scatter", "msort", "multinomial", "native_batch_norm",
    "native_channel_shuffle", "native_group_norm", "native_layer_norm", "native_norm",
    "nonzero_static", "norm_except_dim", "outer", "pack_padded_sequence", "pad_packed_sequence",
    "pad_sequence", "poisson", "put", "quantized_batch_norm", "quantized_max_pool1d",
    "quantized_max_pool2d", "quantized_max_pool3d", "renorm", "resize", "resize_as", "row_stack",
    "scatter", "scatter_add", "scatter_reduce", "select_scatter", "short", "slice_scatter",
    "sparse_mask", "split_with_sizes", "stft", "sum_to_size", "to_dense", "to_sparse",
    "unique_consecutive", "unpack_sequence", "unpad_sequence", "unravel_index", "unsafe_chunk",
    "unsafe_split", "unsafe_split_with_sizes", "values", "view_as_complex", "view_as_real",
    "vstack",
})  # fmt: skip
"""Functions that move, choose, compare or sum elements, or multiply them one by one.

How they reach over positions is not known, but they are none of what counts."""


def _not_known(op: Unknown, inputs: dict[str, Shape], output: Shape) -> int | None:
    """None, unless it is a function that is known to be none of what counts.

    A Fourier transform is none either. What solves equations or decomposes matrices is not known:
    products of matrices are made inside.
    """
    return 0 if op.name in NO_PRODUCTS or op.name.startswith("fft_") else None


RULES: dict[type, Rule] = {
    Conv: _conv,
    Pool: _pool,
    Linear: _linear,
    Attention: _attention,
    Recurrent: _recurrent,
    MatMul: _matmul,
    Unknown: _not_known,
}
"""The ops that multiply and accumulate; every other op has none by the convention."""


def of_call(trace: Trace, call: Call) -> int | None:
    """Multiply-accumulates of one step itself; None if no rule covers it."""
    rule = RULES.get(type(call.op))
    if rule is None:
        return 0
    if not call.outputs:
        return 0 if trace.failure is not None else None
    inputs = {port.label: trace.spec(port).shape for port in call.inputs}
    made = trace.spec(call.outputs[0])
    try:
        counted = rule(call.op, inputs, made.shape)
    except LookupError:
        return None
    return None if counted is None else counted * made.mapped


def by_call(trace: Trace) -> tuple[int | None, ...]:
    """For each call its own multiply-accumulates: 0 for a container, None where no rule holds."""
    found: list[int | None] = [0] * len(trace.calls)
    for index in trace.steps:
        found[index] = of_call(trace, trace.calls[index])
    return tuple(found)


def of_complex_numbers(trace: Trace, call: Call) -> int:
    """Those of a step's multiply-accumulates that are of complex numbers.

    Each is counted once; it is four real multiplications.
    """
    if not call.outputs or not trace.spec(call.outputs[0]).dtype.startswith("complex"):
        return 0
    return of_call(trace, call) or 0


def not_counted(trace: Trace) -> dict[str, int]:
    """Names of the steps that no rule covers, and how often each ran."""
    names: Counter[str] = Counter()
    for index in trace.steps:
        call = trace.calls[index]
        if of_call(trace, call) is None:
            names[_name(call.op, call)] += 1
    return dict(names)


def _name(op: Op, call: Call) -> str:
    return op.name if isinstance(op, Unknown | MatMul) else call.path
