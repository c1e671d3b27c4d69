"""What a layer is called: its name, its kind, and its window in a few characters."""

from __future__ import annotations

from typing import Any

from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Recurrent,
    Reduce,
    Resample,
    Reshape,
    Unknown,
    window_of,
)
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import one_cell_each

_KINDS: dict[type, str] = {
    Conv: "conv",
    Pool: "pool",
    AdaptivePool: "pool",
    Norm: "norm",
    Linear: "linear",
    Attention: "attention",
    Recurrent: "recurrent",
    MatMul: "matmul",
    Activate: "activation",
    Elementwise: "elementwise",
    Join: "join",
    Resample: "resample",
    Reshape: "reshape",
    Reduce: "reduce",
    Create: "create",
    Container: "module",
    Unknown: "unknown",
}


KINDS = ("add", *dict.fromkeys(_KINDS.values()))
"""What `only` can name."""


def kind_of(op: Op) -> str:
    """The kind of an op, as `only` names it: "add" apart from other element-wise arithmetic."""
    if isinstance(op, Elementwise) and op.name == "add":
        return "add"
    return _KINDS[type(op)]


def op_name(op: Op) -> str:
    """What a layer is called: "conv", "max pool", "batch norm", "relu", "add"."""
    match op:
        case Conv(transposed=True):
            return "conv transpose"
        case Pool(kind=kind) | AdaptivePool(kind=kind):
            return f"{kind} pool"
        case Norm(kind=kind):
            return f"{kind} norm"
        case Activate(name=name) | Elementwise(name=name) | Unknown(name=name):
            return name
        case Recurrent(kind=kind):
            return kind
        case Container():
            return "module"
        case _:
            return str(getattr(op, "name", kind_of(op)))


def op_text(op: Op) -> str:
    """A layer in a few characters: 3×3/2, 128; max pool 3×3/2; avg pool to 1×1; batch norm."""
    return ", ".join(op_pieces(op))


def op_pieces(op: Op) -> list[str]:
    """The parts of `op_text`, between which a line may end."""
    match op:
        case Conv(window=window, out_channels=channels, groups=groups):
            head = f"{text.window(window.kernel_size, window.stride)}, {channels}"
            if op.transposed:
                head = f"transpose {head}"
            pieces = [head]
            if groups > 1:
                alone = groups == op.in_channels
                pieces.append("depthwise" if alone else text.count(groups, "group"))
            if set(window.dilation) != {1}:
                pieces.append(f"dilation {text.alike(window.dilation)}")
            return pieces
        case Pool(window=window):
            return [op_name(op), text.window(window.kernel_size, window.stride)]
        case AdaptivePool(output_size=wanted):
            sizes = "×".join("as is" if size is None else str(size) for size in wanted)
            return [op_name(op), f"to {sizes}"]
        case Linear(out_features=features):
            return [f"linear, {features}"]
        case Recurrent(hidden_size=features, layers=layers):
            pieces = [f"{op.kind}, {features}"]
            pieces += [text.count(layers, "layer")] * (layers > 1)
            pieces += ["both ways"] * op.bidirectional
            return pieces
        case _:
            return [one_cell_each(op_name(op))]


def window(op: Op) -> str:
    """A window in one cell: "7×7 stride 2 pad 3", without what is as by default."""
    found = window_of(op)
    if found is None:
        return ""
    parts = [text.sizes(found.kernel_size)]
    for word, sizes, usual in (
        ("stride", found.stride, 1), ("pad", found.padding, 0), ("dilation", found.dilation, 1),
    ):  # fmt: skip
        if word == "pad" and found.padding_after not in (None, found.padding):
            parts.append(f"pad {text.padding(found.padding, found.padding_after)}")
        elif any(size != usual for size in sizes):
            parts.append(f"{word} {uniform(sizes)}")
    if isinstance(op, Conv) and op.groups != 1:
        parts.append(f"groups {op.groups}")
    return " ".join(parts)


def short_window(op: Op) -> str:
    """A window as programs shorten it: k3 s2 p1; k1×7 s1 p0×3; k3 s1 p2 d2 g32."""
    found = window_of(op)
    if found is None:
        return ""
    pad = text.padding(found.padding, found.padding_after)
    if found.padding_after in (None, found.padding):
        pad = text.alike(found.padding)
    parts = [f"k{text.alike(found.kernel_size)}", f"s{text.alike(found.stride)}", f"p{pad}"]
    if set(found.dilation) != {1}:
        parts.append(f"d{text.alike(found.dilation)}")
    if isinstance(op, Conv) and op.groups != 1:
        parts.append(f"g{op.groups}")
    return " ".join(parts)


def uniform(sizes: Any) -> str:
    """Sizes as one number where they are equal: "899"."""
    if isinstance(sizes, tuple) and sizes:
        return text.plain(sizes[0]) if len(set(sizes)) == 1 else text.sizes(sizes)
    return str(sizes)
