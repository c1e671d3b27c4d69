"""Tensors under other names are told by their order and shapes."""

from __future__ import annotations

import time

from resnet_inspect.analysis.identity.alignment import aligned, in_order
from resnet_inspect.traces.tensors import Shape


def test_a_shortcut_before_its_branch_is_told_from_what_has_its_shape() -> None:
    """The last convolution of a bottleneck and its projection have one shape, as have norms."""
    theirs: dict[str, Shape] = {
        "b.conv1.weight": (4, 16, 1, 1),
        "b.bn1.weight": (4,),
        "b.conv3.weight": (16, 16, 1, 1),
        "b.bn3.weight": (16,),
        "b.downsample.0.weight": (16, 16, 1, 1),
        "b.downsample.1.weight": (16,),
    }
    ours: dict[str, Shape] = {
        "x.shortcut.a.weight": (16, 16, 1, 1),
        "x.shortcut.b.weight": (16,),
        "x.layer.0.weight": (4, 16, 1, 1),
        "x.layer.1.weight": (4,),
        "x.layer.2.weight": (16, 16, 1, 1),
        "x.layer.3.weight": (16,),
    }
    wanted = {
        "b.conv1.weight": "x.layer.0.weight",
        "b.bn1.weight": "x.layer.1.weight",
        "b.conv3.weight": "x.layer.2.weight",
        "b.bn3.weight": "x.layer.3.weight",
        "b.downsample.0.weight": "x.shortcut.a.weight",
        "b.downsample.1.weight": "x.shortcut.b.weight",
    }
    assert aligned(ours, theirs, {}) == wanted
    assert aligned(dict(sorted(ours.items(), key=lambda one: one[0])), theirs, {}) == wanted


def test_names_that_were_sorted_are_put_into_the_order_of_the_layers() -> None:
    given = ["a.10.weight", "a.9.weight", "bn1.bias", "bn1.weight", "conv1.weight", "fc.weight"]
    assert in_order(given) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "a.9.weight", "a.10.weight", "fc.weight",
    ]  # fmt: skip
    assert in_order(["b.weight", "a.weight"]) == ["b.weight", "a.weight"]


def test_a_long_network_is_aligned_soon() -> None:
    """Some thousand layers, of which those at both ends differ, so that nothing is cut off."""
    ours: dict[str, Shape] = {f"a.{n}.weight": (8, 8, 3, 3) for n in range(3_000)}
    theirs: dict[str, Shape] = {f"b{n}.weight": shape for n, shape in enumerate(ours.values())}
    first, last = {"stem.weight": (9, 3, 7, 7)}, {"fc.weight": (5, 8)}
    other = {"stem.weight": (9, 3, 5, 5)}, {"fc.weight": (6, 8)}
    start = time.process_time()
    assert len(aligned(first | ours | last, other[0] | theirs | other[1], {})) == 3_000
    assert time.process_time() - start < 2
