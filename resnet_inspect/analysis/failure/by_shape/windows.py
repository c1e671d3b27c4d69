"""Layers that slide a window: convolutions and pools."""

from __future__ import annotations

from resnet_inspect.analysis.failure.by_shape.words import shown
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts
from resnet_inspect.traces.ops import Conv, Pool, Window
from resnet_inspect.traces.tensors import Shape


def conv(facts: Facts, op: Conv) -> Diagnosis | None:
    """Another rank or number of channels, groups that do not divide, a map too small."""
    given, dimensions = facts.shape, len(op.window.kernel_size)
    if len(given) not in (dimensions + 1, dimensions + 2):
        return _wrong_rank(given, dimensions)
    channels = given[-dimensions - 1]
    if len(given) == dimensions + 1 and given[1] == op.in_channels != channels:
        return _one_dimension_less(facts, given, dimensions)
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


def _one_dimension_less(facts: Facts, given: Shape, dimensions: int) -> Diagnosis:
    """A batch of what has one dimension less, which reads as one without a batch."""
    axes = "×".join("DHW"[-dimensions:])
    finding = f"it takes N×C×{axes}, {dimensions + 2} dimensions, not {len(given)}"
    usual = {1: (1000,), 2: (224, 224), 3: (16, 112, 112)}[dimensions]
    if facts.from_input:
        written = ",".join(map(str, (given[0], given[1], *usual)))
        return Diagnosis(finding, f"give such an input: --input {written}")
    return Diagnosis(finding, "x.unsqueeze(2) adds one after the channels")


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


def pool(facts: Facts, op: Pool) -> Diagnosis | None:
    """Another rank, too much padding, a map too small."""
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
    size = shown(spatial) if padded == spatial else f"{shown(spatial)} (padded {shown(padded)})"
    finding = f"a map of {size} is too small for its window of {shown(reach)}"
    if is_average:
        return Diagnosis(finding, "AdaptiveAvgPool2d(1) in its place takes a map of any size")
    image = facts.trace.spec(facts.trace.inputs[0]).shape[2:] if facts.trace.inputs else ()
    if facts.from_input or not image:
        return Diagnosis(finding, "give a larger image, or a smaller kernel")
    return Diagnosis(
        finding,
        f"give an image larger than {shown(image)}, or take a stride or pool out before it",
    )
