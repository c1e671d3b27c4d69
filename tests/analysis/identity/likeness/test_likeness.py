"""Residual networks told from names and shapes."""

from __future__ import annotations

import pytest
from weights_by_name import specs

from resnet_inspect.analysis.identity import (
    likeness_of,
)
from resnet_inspect.traces.tensors import Shape


def resnet(
    block: str, depths: tuple[int, ...], width: int = 64, inner: int = 64, groups: int = 1
) -> dict[str, Shape]:
    """Names and shapes of a ResNet as its paper has them, without its norms."""
    expansion = 4 if block == "bottleneck" else 1
    shapes: dict[str, Shape] = {"conv1.weight": (width, 3, 7, 7)}
    planes = width
    for stage, depth in enumerate(depths):
        out = width * 2**stage * expansion
        middle = inner * 2**stage * groups if block == "bottleneck" else out
        for unit in range(depth):
            name = f"layer{stage + 1}.{unit}."
            if block == "bottleneck":
                shapes[f"{name}conv1.weight"] = (middle, planes, 1, 1)
                shapes[f"{name}conv2.weight"] = (middle, middle // groups, 3, 3)
                shapes[f"{name}conv3.weight"] = (out, middle, 1, 1)
            else:
                shapes[f"{name}conv1.weight"] = (out, planes, 3, 3)
                shapes[f"{name}conv2.weight"] = (out, out, 3, 3)
            if planes != out:
                shapes[f"{name}downsample.0.weight"] = (out, planes, 1, 1)
            planes = out
    return {**shapes, "fc.weight": (1000, planes)}


@pytest.mark.parametrize(
    ("shapes", "design", "layers"),
    [
        (resnet("basic", (2, 2, 2, 2)), "basic:2,2,2,2", 18),
        (resnet("basic", (3, 4, 6, 3)), "basic:3,4,6,3", 34),
        (resnet("bottleneck", (3, 4, 6, 3)), "bottleneck:3,4,6,3", 50),
        (resnet("bottleneck", (3, 8, 36, 3)), "bottleneck:3,8,36,3", 152),
        (
            resnet("bottleneck", (3, 4, 6, 3), inner=4, groups=32),
            "bottleneck:3,4,6,3:groups=32,width_per_group=4",
            50,
        ),
        (
            resnet("bottleneck", (3, 4, 6, 3), inner=128),
            "bottleneck:3,4,6,3:width_per_group=128",
            50,
        ),
        (resnet("basic", (1, 2), width=16), "basic:1,2:width=16", 8),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("prefix", ["", "module.encoder."])
def test_a_design_is_read_from_shapes(
    shapes: dict[str, Shape], design: str, layers: int, prefix: str
) -> None:
    found = likeness_of(specs({prefix + name: shape for name, shape in shapes.items()}))
    assert found is not None
    assert (found.design, found.layers) == (design, layers)


def test_head_stem_and_shortcut_are_read_from_shapes() -> None:
    shapes = resnet("basic", (1, 1, 1))
    shapes |= {"conv1.weight": (64, 1, 3, 3), "fc.weight": (100, 256)}
    plain = {name: shape for name, shape in shapes.items() if "downsample" not in name}
    for given, shortcut in ((shapes, ""), (plain, ",shortcut=A")):
        found = likeness_of(specs(given))
        assert found is not None
        assert found.design == f"basic:1,1,1:stem=cifar,classes=100,channels=1{shortcut}"


@pytest.mark.parametrize(
    ("extra", "shortcut"),
    [
        ({}, ""),  # one stage, whose blocks change nothing: B, as is usual, has no weight here
        ({"layer1.0.downsample.0.weight": (64, 64, 1, 1)}, ",shortcut=C"),
        ({"layer1.0.se.fc1.weight": (4, 64, 1, 1)}, ""),
        ({"layer2.0.conv1.weight": (64, 64, 3, 3), "layer2.0.conv2.weight": (64, 64, 3, 3)},
         ",shortcut=A"),
        ({"layer2.0.conv1.weight": (), "layer2.0.conv2.weight": (3,)}, ""),
    ],
)  # fmt: skip
def test_a_shortcut_is_known_by_its_weights(extra: dict[str, Shape], shortcut: str) -> None:
    found = likeness_of(
        specs(resnet("basic", (1,), width=64) | {"conv1.weight": (64, 1, 7, 7)} | extra)
    )
    assert found is not None
    depths = "1,1" if "layer2.0.conv1.weight" in extra else "1"
    assert found.design == f"basic:{depths}:channels=1{shortcut}"


def test_weights_without_stages_look_like_nothing() -> None:
    assert likeness_of(specs({"features.0.weight": (64, 3, 3, 3)})) is None
