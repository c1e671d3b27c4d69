"""What is wrong by the shapes and dtypes that went in: nothing here trusts an exception's words.

Each op has a rule. It finds nothing where the layer could have computed, whatever was raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from resnet_inspect.analysis.failure.facts import INPUT, Diagnosis, Facts, Given
from resnet_inspect.traces.ops import (
    Attention,
    Conv,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Pool,
    Window,
)
from resnet_inspect.traces.tensors import Shape

_ERRORS = frozenset({"RuntimeError", "ValueError", "IndexError", "AssertionError"})
"""What torch raises for shapes and dtypes. Where all else was raised, shapes are not the matter."""


def diagnosis(facts: Facts) -> Diagnosis | None:
    """What is wrong with what the call was given, if its op has a rule that sees it."""
    if facts.error not in _ERRORS or not facts.given:
        return None
    rule = _RULES.get(type(facts.call.op))
    found = None if rule is None else rule(facts, facts.call.op)
    return found or _dtype(facts)


_EQUAL = "they must be equal in every dimension, or 1"

# -- layers that slide a window ------------------------------------------------------------------


def _conv(facts: Facts, op: Conv) -> Diagnosis | None:
    given, dimensions = facts.shape, len(op.window.kernel_size)
    if len(given) not in (dimensions + 1, dimensions + 2):
        return _wrong_rank(given, dimensions)
    channels = given[-dimensions - 1]
    if channels != op.in_channels:
        finding = f"it takes {op.in_channels:,} channels, not {channels:,}"
        return Diagnosis(finding, _channels_mend(facts, op, channels))
    if op.out_channels % max(op.groups, 1) or op.in_channels % max(op.groups, 1):
        return Diagnosis(
            f"{op.in_channels:,} to {op.out_channels:,} channels do not divide into "
            f"{op.groups} groups",
            f"make both multiples of {op.groups}, or change groups",
        )
    return None if op.transposed else _too_small(facts, op.window)


def _channels_mend(facts: Facts, op: Conv, channels: int) -> str:
    given, wanted = facts.shape, op.in_channels
    dimensions = len(op.window.kernel_size)
    own = f"make its in_channels {channels:,}"
    if facts.from_input:
        if len(given) == dimensions + 2 and given[-1] == wanted:
            order = ", ".join(map(str, (0, dimensions + 1, *range(1, dimensions + 1))))
            return f"the channels come last; x.permute({order}) puts them first"
        if len(given) == dimensions + 1 and given[-1] == wanted:
            order = ", ".join(map(str, (dimensions, *range(dimensions))))
            return f"the channels come last; x.permute({order}).unsqueeze(0) makes a batch of one"
        if (channels, wanted) == (1, 3):
            return f"repeat the grey channel (x.expand(-1, 3, -1, -1)), or {own}"
        if (channels, wanted) == (3, 1):
            return f"make the image grey (x.mean(1, keepdim=True)), or {own}"
        if (channels, wanted) == (4, 3):
            return f"drop the fourth channel (x[:, :3]), or {own}"
        return f"give an input of {wanted:,} channels, or {own}"
    maker = facts.decides_channels(facts.given[0].activation)
    if maker is None:
        return own
    return f"{own}, or have {facts.named(maker)} give {wanted:,}"


def _wrong_rank(given: Shape, dimensions: int) -> Diagnosis:
    axes = "×".join("DHW"[-dimensions:])
    finding = f"it takes N×C×{axes}, {dimensions + 2} dimensions, not {len(given)}"
    if len(given) == dimensions + 3:
        mend = "fold two dimensions into one (x.flatten(0, 1))"
        if dimensions == 2:
            mend += ", or use Conv3d or a 3d pool for frames"
    elif len(given) == dimensions:
        mend = "add batch and channels: x[None, None]"
    elif len(given) < dimensions:
        mend = "it comes before any flatten or global pool"
    else:
        mend = f"use a layer for {len(given) - 2} spatial dimensions"
    return Diagnosis(finding, mend)


def _pool(facts: Facts, op: Pool) -> Diagnosis | None:
    given, dimensions = facts.shape, len(op.window.kernel_size)
    if len(given) not in (dimensions + 1, dimensions + 2):
        return _wrong_rank(given, dimensions)
    for kernel, padding in zip(op.window.kernel_size, op.window.padding, strict=True):
        if padding > kernel // 2:
            return Diagnosis(
                f"its padding {padding} is more than half of its kernel {kernel}",
                f"padding may be at most {kernel // 2}",
            )
    return _too_small(facts, op.window, is_average=op.kind == "avg")


def _too_small(facts: Facts, window: Window, *, is_average: bool = False) -> Diagnosis | None:
    spatial = facts.shape[-len(window.kernel_size) :]
    made = window.output_size(spatial)
    if min(made) > 0:
        return None
    after = window.padding_after or window.padding
    padded = tuple(i + p + q for i, p, q in zip(spatial, window.padding, after, strict=True))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel_size, strict=True))
    size = _sizes(spatial) if padded == spatial else f"{_sizes(spatial)} (padded {_sizes(padded)})"
    finding = f"a map of {size} is too small for its window of {_sizes(reach)}"
    if is_average:
        return Diagnosis(finding, "AdaptiveAvgPool2d(1) in its place takes a map of any size")
    image = facts.trace.spec(facts.trace.inputs[0]).shape[2:] if facts.trace.inputs else ()
    if facts.from_input or not image:
        return Diagnosis(finding, "give a larger image, or a smaller kernel")
    return Diagnosis(
        finding,
        f"give an image larger than {_sizes(image)}, or take a stride or pool out before it",
    )


# -- layers with a number of features ------------------------------------------------------------


def _linear(facts: Facts, op: Linear) -> Diagnosis | None:
    given, wanted = facts.shape, op.in_features
    if not given:
        return Diagnosis(f"it takes {wanted:,} features, not a scalar", "a reduction goes too far")
    if given[-1] == wanted:
        return None
    finding = f"it takes {wanted:,} features, not {given[-1]:,}"
    features = prod(given[1:])
    maker = facts.before(facts.given[0].activation)
    if maker is not None and getattr(maker.op, "name", "") == "squeeze" and maker.inputs:
        squeezed = facts.trace.spec(maker.inputs[0]).shape
        if squeezed[:1] == (1,) and given == tuple(size for size in squeezed if size != 1):
            return Diagnosis(
                f"{finding}: squeeze took away the batch of one too",
                "torch.flatten(x, 1) keeps the batch",
            )
    if len(given) >= 3 and features == wanted:
        return Diagnosis(f"{finding}: flatten is missing", "torch.flatten(x, 1) goes before it")
    source = facts.feature_map(facts.given[0].activation)
    shape = source.shape if source is not None else ()
    if len(given) == 1 and shape and given[0] == prod(shape) and given[0] == shape[0] * wanted:
        return Diagnosis(
            f"{finding}: flatten merged the batch of {shape[0]} into the features",
            "torch.flatten(x, 1) keeps the batch",
        )
    own = f"make its in_features {features:,}"
    if len(given) == 4:
        size = _sizes(given[2:])
        if given[1] == wanted:
            return Diagnosis(
                f"{finding}: a map of {size} comes in, neither pooled to 1×1 nor flattened",
                "AdaptiveAvgPool2d(1) and torch.flatten(x, 1) go before it",
            )
        return Diagnosis(
            f"{finding}: flatten is missing, and would make {features:,}",
            f"torch.flatten(x, 1) goes before it; then {own}",
        )
    if len(shape) == 4 and len(given) == 2 and given[1] == prod(shape[1:]):
        return _flattened(finding, own, shape, wanted)
    maker = facts.decides_channels(facts.given[0].activation)
    if maker is not None and isinstance(maker.op, Linear):
        own += f", or have {facts.named(maker)} give {wanted:,}"
    return Diagnosis(finding, own)


def _flattened(finding: str, own: str, shape: Shape, wanted: int) -> Diagnosis:
    """A linear layer after a flattened map of that shape, of other size than it was made for."""
    channels, height, width = shape[1:]
    size = _sizes((height, width))
    if wanted == channels:
        return Diagnosis(
            f"{finding}: the map that is flattened is {size}, not 1×1",
            "pool it with AdaptiveAvgPool2d(1), which takes a map of any size",
        )
    side = round((wanted / channels) ** 0.5)
    if side > 1 and channels * side * side == wanted:
        return Diagnosis(
            f"{finding}: it was made for a {channels:,}×{side}×{side} map and this one is {size}",
            f"pool it with AdaptiveAvgPool2d({side}), or give an image of another size",
        )
    return Diagnosis(f"{finding}: the map that is flattened is {channels:,}×{size}", own)


def _norm(facts: Facts, op: Norm) -> Diagnosis | None:
    given = facts.shape
    if op.kind not in {"batch", "group"} or len(given) < 2 or not op.num_features:
        return None
    if facts.trace.inputs and len(given) == 3 and _is_for_maps(facts):
        return None
    channels = given[1]
    if channels == op.num_features or facts.call.module is None:
        return None
    argument = "num_features" if op.kind == "batch" else "num_channels"
    maker = facts.decides_channels(facts.given[0].activation)
    return Diagnosis(
        f"it takes {op.num_features:,} channels, not {channels:,}",
        f"make its {argument} {channels:,}"
        + (f", the out_channels of {facts.named(maker)}" if maker is not None else ""),
    )


def _is_for_maps(facts: Facts) -> bool:
    """Whether the norm is of a class for N×C×H×W, which refuses three dimensions by itself."""
    return facts.module is not None and facts.module.class_name.endswith(("2d", "3d"))


def _attention(facts: Facts, op: Attention) -> Diagnosis | None:
    given = facts.shape
    if not given or given[-1] == op.embed_dim:
        return None
    finding = f"it takes {op.embed_dim:,} features for each position, not {given[-1]:,}"
    if len(given) > 1 and given[1] == op.embed_dim:
        return Diagnosis(finding, "put the channels last: x.transpose(1, 2)")
    return Diagnosis(finding, f"make its embed_dim {given[-1]:,}")


# -- tensors that meet ---------------------------------------------------------------------------


def _elementwise(facts: Facts, op: Elementwise) -> Diagnosis | None:
    if len(facts.given) < 2:
        return None
    first, second = facts.given[:2]
    a, b = first.spec.shape, second.spec.shape
    if _broadcast(a, b):
        return None
    finding = f"{_sizes(a)} and {_sizes(b)} do not fit"
    if len(a) != len(b):
        return _gate(finding, a, b) or Diagnosis(finding, "give them equally many dimensions")
    if a[0] != b[0] and 1 not in (a[0], b[0]):
        return _batches(facts, (first, second))
    if op.name == "mul" and len(a) == 4:
        scales = [given for given in (first, second) if set(given.spec.shape[2:]) == {1}]
        if len(scales) == 1:
            scaled = b[1] if scales[0] is first else a[1]
            maker = facts.decides_channels(scales[0].activation)
            who = "the gate" if maker is None else facts.named(maker)
            return Diagnosis(
                f"a gate of {scales[0].spec.shape[1]:,} channels meets a map of {scaled:,}",
                f"have {who} give {scaled:,} channels",
            )
    if len(a) < 3:
        return Diagnosis(f"{finding}: {a[-1]:,} features meet {b[-1]:,}", _EQUAL)
    return _residual(facts, op, finding)


def _gate(finding: str, a: Shape, b: Shape) -> Diagnosis | None:
    """A vector for each image that meets a map, as in squeeze-and-excitation."""
    vector, map_shape = sorted((a, b), key=len)
    if len(map_shape) < 3 or vector != map_shape[:2] or len(vector) != 2:
        return None
    ones = ", 1" * (len(map_shape) - 2)
    return Diagnosis(
        f"{finding}: the gate has no spatial dimensions",
        f"gate.view({vector[0]}, {vector[1]}{ones}) gives it some",
    )


def _residual(facts: Facts, op: Elementwise, finding: str) -> Diagnosis:
    """A branch and a shortcut that meet in unlike shapes, batch and rank being equal."""
    first, second = facts.given[:2]
    # What the other was computed from is an identity; otherwise a branch has more to compute.
    if second.activation in facts.ancestors(first.activation):
        branch, shortcut, is_identity = first, second, True
    elif first.activation in facts.ancestors(second.activation):
        branch, shortcut, is_identity = second, first, True
    else:
        is_first = _work(facts, first, second) < _work(facts, second, first)
        shortcut, branch = (first, second) if is_first else (second, first)
        is_identity = False
    have, want = shortcut.spec.shape, branch.spec.shape
    if op.name != "add":
        return Diagnosis(finding, _EQUAL)
    padding = _lost_border(facts, branch, want, have)
    if padding is not None:
        return Diagnosis(f"the branch makes {_sizes(want[1:])} of {_sizes(have[1:])}", padding)
    meet = f"the branch gives {_sizes(want[1:])}, the shortcut {_sizes(have[1:])}"
    stride = _stride(have[2:], want[2:])
    if stride is None:
        return Diagnosis(meet, "give both paths the same kernel, stride and padding in total")
    channels = f"from {have[1]:,} to {want[1]:,} channels" if have[1] != want[1] else ""
    strided = f"stride {_short(stride)}" if set(stride) != {1} else ""
    if is_identity:
        changes = " and ".join(part for part in (channels, strided) if part)
        projection = (
            f"a 1×1 convolution {changes}" if channels else (f"a 1×1 convolution with {changes}")
        )
        projection = projection.replace("channels and stride", "channels with stride")
        return Diagnosis(meet, f"the shortcut needs a projection: {projection}")
    shared = facts.ancestors(branch.activation)
    maker = next(
        (
            call
            for call in facts.chain(shortcut.activation)
            if isinstance(call.op, Conv) and call.outputs[0].activation not in shared
        ),
        None,
    )
    who = f"the projection {facts.named(maker)}" if maker is not None else "the shortcut"
    needs = [f"{want[1]:,} out_channels"] if channels else []
    if strided and maker is not None and isinstance(maker.op, Conv):
        total = tuple(s * w for s, w in zip(stride, maker.op.window.stride, strict=False))
        needs.append(f"stride {_short(total)}")
    elif strided:
        needs.append(strided)
    return Diagnosis(meet, f"{who} needs {' and '.join(needs)}")


def _work(facts: Facts, path: Given, other: Given) -> tuple[int, int]:
    """The kernels of a path from where it parts from the other, and its steps: 1×1 is the least."""
    shared = facts.ancestors(other.activation)
    own = [n for n in (path.activation, *facts.ancestors(path.activation)) if n not in shared]
    calls = [call for call in map(facts.before, own) if call is not None]
    kernels = [prod(c.op.window.kernel_size) for c in calls if isinstance(c.op, Conv)]
    return sum(kernels), len(own)


def _lost_border(facts: Facts, branch: Given, want: Shape, have: Shape) -> str | None:
    """The mend for a branch whose map lost a few rows that its padding would have kept."""
    less = [h - w for h, w in zip(have[2:], want[2:], strict=True)]
    if (
        want[1] != have[1]
        or not less
        or not all(0 <= n < h / 2 for n, h in zip(less, have[2:], strict=True))
    ):
        return None
    for call in facts.chain(branch.activation):
        window = getattr(call.op, "window", None)
        if not isinstance(window, Window):
            continue
        kept = tuple(
            d * (k - 1) // 2 for d, k in zip(window.dilation, window.kernel_size, strict=True)
        )
        if any(p < k for p, k in zip(window.padding, kept, strict=True)):
            return f"{facts.named(call)} needs padding {_short(kept)}"
    return None


def _stride(have: Shape, want: Shape) -> Shape | None:
    """The stride of a 1×1 convolution from one map to the other; None if no stride does it."""
    if any(w < 1 or h < w for h, w in zip(have, want, strict=True)):
        return None
    steps = tuple(-(-h // w) for h, w in zip(have, want, strict=True))
    fits = all((h - 1) // s + 1 == w for h, w, s in zip(have, want, steps, strict=True))
    return steps if fits else None


def _batches(facts: Facts, tensors: Sequence[Given]) -> Diagnosis:
    """Tensors whose first dimensions differ, though each should be the batch."""
    sizes = [given.spec.shape[0] for given in tensors]
    finding = f"batches of {sizes[0]:,} and {sizes[1]:,} meet"
    batch = facts.trace.spec(facts.trace.inputs[0]).shape[:1] if facts.trace.inputs else ()
    for given in tensors:
        call = facts.changes_batch(given.activation)
        if call is not None and given.spec.shape[:1] != batch:
            before, after = (
                facts.trace.spec(port[0]).shape for port in (call.inputs, call.outputs)
            )
            return Diagnosis(
                finding,
                f"{facts.named(call)} makes {_sizes(after)} of {_sizes(before)}: have it keep the "
                "first dimension, as flatten(1) does",
            )
    if all(given.maker == INPUT for given in tensors):
        return Diagnosis(finding, "give inputs of the same batch size")
    return Diagnosis(finding, "have both keep the batch of the input")


def _join(facts: Facts, op: Join) -> Diagnosis | None:
    shapes = [given.spec.shape for given in facts.given]
    first = shapes[0]
    for place, shape in enumerate(shapes[1:], 1):
        if shape == (0,) and op.name != "stack":
            continue
        if len(shape) != len(first):
            return Diagnosis(
                f"{_sizes(first)} and {_sizes(shape)} have not equally many dimensions",
                "bring them to the same number of dimensions first",
            )
        along = set() if op.name == "stack" else {op.dim}
        unlike = [
            i
            for i, pair in enumerate(zip(first, shape, strict=True))
            if pair[0] != pair[1] and i not in along
        ]
        if not unlike:
            continue
        pair = (facts.given[0], facts.given[place])
        if unlike[0] == 0:
            return _batches(facts, pair)
        if unlike[0] == 1:
            axis = "along dimension 1, " if op.dim != 1 else ""
            return Diagnosis(
                f"{_sizes(first)} and {_sizes(shape)} differ in their channels",
                f"concatenate {axis}or give both the same channels"
                if op.name != "stack"
                else "stack takes equal shapes; torch.cat joins along a dimension",
            )
        return _unlike_maps(facts, pair, first, shape)
    return None


def _unlike_maps(facts: Facts, pair: Sequence[Given], a: Shape, b: Shape) -> Diagnosis:
    image = facts.trace.spec(facts.trace.inputs[0]).shape[2:] if facts.trace.inputs else ()
    odd = "" if not image else f", or give an image whose sides halve evenly, not {_sizes(image)}"
    off = max(abs(x - y) for x, y in zip(a[2:], b[2:], strict=True))
    return Diagnosis(
        f"maps of {_sizes(a[2:])} and {_sizes(b[2:])} cannot stand side by side",
        f"resize {pair[0].maker} to the other (F.interpolate(x, size=other.shape[2:]))"
        + (odd if off <= max(a[2:]) / 4 else ""),
    )


def _matmul(facts: Facts, op: MatMul) -> Diagnosis | None:
    if op.name not in {"matmul", "mm", "bmm"} or len(facts.given) < 2:
        return None
    a, b = (given.spec.shape for given in facts.given[:2])
    if min(len(a), len(b)) < 2 or a[-1] == b[-2]:
        return None
    finding = f"{a[-1]:,} columns of the first meet {b[-2]:,} rows of the second"
    if a[-1] == b[-1]:
        return Diagnosis(finding, "transpose the second: b.transpose(-2, -1)")
    if a[-2] == b[-2]:
        return Diagnosis(finding, "transpose the first: a.transpose(-2, -1)")
    return Diagnosis(finding, "they must be equal")


# -- dtypes --------------------------------------------------------------------------------------

_ABOUT_DTYPES = re.compile(r"dtype|type \(|scalar type|datatype|not implemented for '", re.I)


def _dtype(facts: Facts) -> Diagnosis | None:
    """An element type other than that of the layer's weights."""
    if not facts.weights or not _ABOUT_DTYPES.search(facts.message):
        return None
    given, wanted = facts.given[0].spec.dtype, facts.weights[0].dtype
    if given == wanted:
        return None
    finding = f"its weights are {wanted}, not {given}"
    if given == "uint8" and facts.from_input:
        return Diagnosis(finding, "make floats of the image's bytes: x.float() / 255")
    if facts.from_input:
        return Diagnosis(finding, f"x.to(torch.{wanted}), or convert the model: model.to(x.dtype)")
    converting = next(
        (
            call
            for call in facts.chain(facts.given[0].activation)
            if call.inputs
            and call.outputs
            and facts.trace.spec(call.outputs[0]).dtype == given
            and facts.trace.spec(call.inputs[0]).dtype != given
        ),
        None,
    )
    who = "" if converting is None else f": {facts.named(converting)} makes it so"
    return Diagnosis(finding + who, f"x.to(torch.{wanted}) before it")


# -- words ---------------------------------------------------------------------------------------


def _broadcast(a: Shape, b: Shape) -> bool:
    return all(x == y or 1 in (x, y) for x, y in zip(reversed(a), reversed(b), strict=False))


def _sizes(sizes: Shape) -> str:
    return "×".join(f"{size:,}" if size >= 100_000 else str(size) for size in sizes) or "a scalar"


def _short(sizes: Shape) -> str:
    """One number where all are the same: stride 2."""
    return str(sizes[0]) if len(set(sizes)) == 1 else _sizes(sizes)


_RULES: dict[type, Callable[[Facts, Any], Diagnosis | None]] = {
    Conv: _conv,
    Pool: _pool,
    Linear: _linear,
    Norm: _norm,
    Attention: _attention,
    Elementwise: _elementwise,
    Join: _join,
    MatMul: _matmul,
}
