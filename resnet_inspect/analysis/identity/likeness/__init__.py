"""What residual network weights look like, by their names or, under any names, by their shapes."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_inspect.analysis.identity.likeness.by_names import by_names
from resnet_inspect.analysis.identity.likeness.by_shapes import by_shapes
from resnet_inspect.analysis.identity.likeness.design import Likeness
from resnet_inspect.traces.tensors import TensorSpec


def likeness_of(found: Mapping[str, TensorSpec]) -> Likeness | None:
    """What residual network the weights look like; None where there are no stages of blocks."""
    shapes = {name: spec.shape for name, spec in found.items()}
    named = by_names(shapes)
    if named is not None and named.design:
        return named
    shaped = by_shapes(shapes)
    if named is None or (shaped is not None and sum(shaped.depths) >= sum(named.depths)):
        return shaped
    return named
