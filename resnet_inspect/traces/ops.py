"""What a layer does, as a tagged union: one frozen class for each thing a reader must tell apart.

An op holds what the layer was configured with; shapes belong to calls. Anything that is not
understood is an `Unknown` that keeps its name: no layer is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

Sizes = tuple[int, ...]
Offsets = tuple[int, ...]
"""Places along each dimension; those before the first element are negative."""


LATER = {"later": True}
"""Marks a field that came after files were written: they do not have it."""


@dataclass(frozen=True, slots=True)
class Window:
    """How a convolution or pool slides over its input; one number for each spatial dimension."""

    kernel_size: Sizes
    stride: Sizes
    padding: Sizes
    """Zeros (or repeated edge values) added before the first element of each dimension."""
    dilation: Sizes
    ceil_mode: bool = False
    """Round the output size up (pools only)."""
    padding_after: Sizes | None = None
    """Added after the last element, where it differs from `padding` (padding="same")."""

    def output_size(self, input_size: Sizes) -> Sizes:
        """Output size for an input size, per spatial dimension: ⌊(i + 2p − d(k−1) − 1) / s⌋ + 1.

        Source: the shape formula in torch's documentation of `Conv2d` and `MaxPool2d`; with
        `ceil_mode` a last window that would start in the padding after the input is left out.
        """
        after = self.padding_after or self.padding
        sizes = []
        for i, k, s, p, q, d in zip(
            input_size,
            self.kernel_size,
            self.stride,
            self.padding,
            after,
            self.dilation,
            strict=True,
        ):
            room = i + p + q - d * (k - 1) - 1
            if self.ceil_mode:
                size = -(-room // s) + 1
                if (size - 1) * s >= i + p:
                    size -= 1
            else:
                size = room // s + 1
            sizes.append(size)
        return tuple(sizes)


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution in one, two or three dimensions, or its transpose."""

    window: Window
    in_channels: int
    out_channels: int
    groups: int
    bias: bool
    transposed: bool = False
    output_padding: Sizes = ()
    """Transposed convolutions only: added to one side of the output."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool with a fixed window."""

    kind: str
    """"max", "avg", "lp", or "blur": a fixed smoothing kernel applied to each channel."""
    window: Window


@dataclass(frozen=True, slots=True)
class AdaptivePool:
    """A pool that chooses its windows so that the output has a given size."""

    kind: str
    """"max" or "avg"."""
    output_size: tuple[int | None, ...]
    """None keeps the input's size in that dimension."""


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation: "batch", "group", "layer", "instance", "rms", "local response", "evo"."""

    kind: str
    num_features: int
    """Channels, or elements normalised together for a layer norm; 0 where there are none."""
    dims: Offsets | None = None
    """Layer and RMS norms: the dimensions normalised over, from the end: (-1,)."""
    of_input: bool | None = None
    """Batch and instance norms: whether the statistics are of the input, not running ones."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A fully connected layer on the last dimension."""

    in_features: int
    out_features: int
    bias: bool


@dataclass(frozen=True, slots=True)
class Attention:
    """Multi-head attention with its projections (`nn.MultiheadAttention`, or as a function)."""

    embed_dim: int
    key_dim: int
    value_dim: int
    heads: int
    batch_first: bool = False
    """Whether tensors are (batch, length, features)."""
    out_features: int = field(default=0, metadata=LATER)
    """Features that the output projection gives; 0 for `embed_dim`."""
    added_keys: int = field(default=0, metadata=LATER)
    """Positions put behind the keys that it is given: a learned one, one of zeros."""


@dataclass(frozen=True, slots=True)
class Recurrent:
    """A recurrent layer over a sequence, or a cell that makes one step of it."""

    kind: str
    """"lstm", "gru", "rnn"."""
    input_size: int
    hidden_size: int
    layers: int = 1
    bidirectional: bool = False
    """Whether each layer runs over the sequence both ways, with weights of its own for each."""
    projection: int = 0
    """Features that the state of an LSTM is projected to; 0 where it is not."""

    @property
    def gates(self) -> int:
        """How many sums of the input and of the last state a step makes for each feature."""
        return {"lstm": 4, "gru": 3}.get(self.kind, 1)

    @property
    def state(self) -> int:
        """Features of the state that a step takes from the one before it."""
        return self.projection or self.hidden_size

    def taken_by(self, layer: int) -> int:
        """Features that layer 0, 1, ... takes at each step."""
        return self.input_size if layer == 0 else self.state * (1 + self.bidirectional)


@dataclass(frozen=True, slots=True)
class MatMul:
    """A product of tensors (matmul, bmm, einsum, scaled_dot_product_attention)."""

    name: str
    equation: str = field(default="", metadata=LATER)
    """Of an einsum or tensordot: a letter for each dimension, "bij,bjk->bik"; else ""."""


@dataclass(frozen=True, slots=True)
class Activate:
    """A nonlinearity applied to each element: relu, gelu, sigmoid, softmax."""

    name: str
    in_place: bool = False
    dims: Offsets | None = None
    """A softmax's and its like: the dimensions whose elements depend on each other."""


@dataclass(frozen=True, slots=True)
class Elementwise:
    """Arithmetic on elements: add, mul, dropout, identity."""

    name: str
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """Tensors put side by side: cat, stack. `dim` is counted from 0."""

    name: str
    dim: int


@dataclass(frozen=True, slots=True)
class Resample:
    """A resize without a window: interpolation, pixel shuffle, roi align."""

    name: str
    align_corners: bool | None = None
    antialias: bool | None = None


@dataclass(frozen=True, slots=True)
class Reshape:
    """The same elements, or some of them, in another shape: flatten, permute, slice, pad."""

    name: str
    starts: Offsets = ()
    """Slices and pads: the input index of the first output element in each dimension; negative
    in what was padded. () where it is not known."""
    steps: Sizes = ()
    """Slices and pads: the step through the input in each dimension."""
    dims: Offsets | None = None
    """Permutations and slices: the input's dimension that each of the output is, -1 for a new one.
    Rolls, flips, sorts and what selects by index: the dimensions that they work along."""
    shifts: Offsets | None = None
    """Rolls: how far each of these dimensions is moved on."""
    slides: Window | None = None
    """Unfold and fold: the window whose places they take apart or add up."""
    border: str = field(default="", metadata=LATER)
    """Pads: what they fill with if it is of the input: "reflect", "replicate", "circular"."""


@dataclass(frozen=True, slots=True)
class Reduce:
    """Many elements to few: mean, sum, argmax, topk."""

    name: str
    dims: Offsets | None = None
    """The dimensions that it works along, from 0."""


@dataclass(frozen=True, slots=True)
class Create:
    """A tensor made from no other tensor: zeros, arange, a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Container:
    """A module that only calls others."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A module or function that no rule covers."""

    name: str
    """Its class or function name."""
    reason: str = "no rule for it"


Op = (
    Conv
    | Pool
    | AdaptivePool
    | Norm
    | Linear
    | Attention
    | Recurrent
    | MatMul
    | Activate
    | Elementwise
    | Join
    | Resample
    | Reshape
    | Reduce
    | Create
    | Container
    | Unknown
)

OPS: dict[str, type] = {
    op.__name__: op
    for op in (
        Conv, Pool, AdaptivePool, Norm, Linear, Attention, Recurrent, MatMul, Activate,
        Elementwise, Join, Resample, Reshape, Reduce, Create, Container, Unknown,
    )
}  # fmt: skip
"""Every op by its class name."""


LEARNED = frozenset({"dims", "of_input", "align_corners", "antialias", "shifts", "slides"})
"""Fields that say how positions move, and are None in traces of before they were recorded. They
follow from the rest of a network and are no part of how it is configured: a lock does not hold
them, a comparison does not tell of them."""


def configuration(op: Op) -> Op:
    """An op without what is `LEARNED` of it: two that are configured alike are equal."""
    if not isinstance(op, Norm | Activate | Resample | Reshape | Reduce):
        return op
    known: dict[str, Any] = {name: None for name in LEARNED if getattr(op, name, None) is not None}
    return replace(op, **known) if known else op


def window_of(op: Op) -> Window | None:
    """The sliding window of an op, or None if it has none."""
    return op.window if isinstance(op, Conv | Pool) else None


def same_values(op: Op) -> bool:
    """Whether the op hands on its input unchanged (identity, dropout in eval mode)."""
    names = {"identity", "dropout", "drop path", "drop block"}
    return isinstance(op, Elementwise) and op.name in names
