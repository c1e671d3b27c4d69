"""Residual networks told from shapes alone."""

from __future__ import annotations

import pytest
from weights_by_name import specs

from resnet_inspect.analysis.identity import (
    likeness_of,
)
from resnet_inspect.traces.tensors import Shape


@pytest.mark.parametrize(
    ("blocks", "design"),
    [
        ([(64, 64, 3), (64, 64, 3), (128, 64, 3), (128, 128, 3), (128, 64, 1)], "basic:1,1"),
        ([(128, 64, 1), (128, 64, 3), (128, 128, 3), (128, 128, 3), (128, 128, 3)],
         "basic:2:width=128,stem_width=64"),
        ([(32, 64, 1), (32, 8, 3), (64, 32, 1), (32, 64, 1), (32, 8, 3), (64, 32, 1)],
         "bottleneck:2:width=16,stem_width=64,groups=4,width_per_group=32"),
    ],
)  # fmt: skip
def test_a_design_is_read_from_shapes_alone(
    blocks: list[tuple[int, int, int]], design: str
) -> None:
    shapes: dict[str, Shape] = {"0.weight": (64, 3, 7, 7)}
    for number, (out, inner, window) in enumerate(blocks, start=1):
        shapes[f"{number}.weight"] = (out, inner, window, window)
    found = likeness_of(specs(shapes | {"99.weight": (1000, blocks[-1][0])}))
    assert found is not None
    assert found.design.partition(",shortcut")[0] == design
