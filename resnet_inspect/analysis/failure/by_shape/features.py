"""Layers with a number of features: linear, norms, attention."""

from __future__ import annotations

from math import prod

from resnet_inspect.analysis.failure.by_shape.words import shown
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts
from resnet_inspect.traces.ops import Attention, Linear, Norm
from resnet_inspect.traces.tensors import Shape


def linear(facts: Facts, op: Linear) -> Diagnosis | None:
    """Another number of features than it was made for, and what was left out before it."""
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
        size = shown(given[2:])
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
        pool = facts.pool_of_map(facts.given[0].activation)
        if pool is not None:  # whose map has one size, whatever the image
            given_map = f"{shape[1]:,}×{shown(shape[2:])}"
            return Diagnosis(f"{finding}: {facts.named(pool)} gives {given_map}", own)
        return _flattened(finding, own, shape, wanted)
    maker = facts.decides_channels(facts.given[0].activation)
    if maker is not None and isinstance(maker.op, Linear):
        own += f", or have {facts.named(maker)} give {wanted:,}"
    return Diagnosis(finding, own)


def _flattened(finding: str, own: str, shape: Shape, wanted: int) -> Diagnosis:
    """A linear layer after a flattened map of that shape, of other size than it was made for."""
    channels, height, width = shape[1:]
    size = shown((height, width))
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


def norm(facts: Facts, op: Norm) -> Diagnosis | None:
    """Another number of channels than it was made for."""
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


def attention(facts: Facts, op: Attention) -> Diagnosis | None:
    """Another number of features for each position."""
    given = facts.shape
    if not given or given[-1] == op.embed_dim:
        return None
    finding = f"it takes {op.embed_dim:,} features for each position, not {given[-1]:,}"
    if len(given) > 1 and given[1] == op.embed_dim:
        return Diagnosis(finding, "put the channels last: x.transpose(1, 2)")
    return Diagnosis(finding, f"make its embed_dim {given[-1]:,}")
