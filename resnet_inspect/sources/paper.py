"""The papers' own networks, each as a line in the grammar of `sources.design`.

A name may be followed by options, as that line may: `paper:resnet34:shortcut=C,classes=10`. torch
is imported when a network is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import UnknownName
from resnet_inspect.sources.catalogue import VARIANTS, Variant
from resnet_inspect.sources.design import Design, read, read_options

if TYPE_CHECKING:
    import torch
    from torch import nn

_IMAGENET = """
plain18        basic:2,2,2,2:shortcut=none
plain34        basic:3,4,6,3:shortcut=none
resnet18       basic:2,2,2,2:shortcut=A
resnet34       basic:3,4,6,3:shortcut=A
resnet34_b     basic:3,4,6,3:shortcut=B
resnet34_c     basic:3,4,6,3:shortcut=C
resnet50       bottleneck:3,4,6,3:stride=1x1
resnet101      bottleneck:3,4,23,3:stride=1x1
resnet152      bottleneck:3,8,36,3:stride=1x1
resnet18_v1_5  basic:2,2,2,2
resnet34_v1_5  basic:3,4,6,3
resnet50_v1_5  bottleneck:3,4,6,3
resnet101_v1_5 bottleneck:3,4,23,3
resnet152_v1_5 bottleneck:3,8,36,3
"""
"""He et al. 2015, tables 1 to 4; v1.5 is what torchvision and most others build under that name."""

_TUTORIAL = """
tutorial_resnet18 basic:2,2,2,2:stem=cifar
tutorial_resnet34 basic:3,4,6,3:stem=cifar
"""
"""ImageNet's units on CIFAR's images, as tutorials build them; not in any of the papers."""


def _cifar() -> dict[str, Design]:
    """The nets for CIFAR-10: 2n convolutions in each of three stages, so 6n + 2 layers.

    He et al. 2015, table 6; 2016, table 4. A bottleneck has a third convolution: 9n + 2 layers.
    """
    found = {}
    for letter, suffix in (("none", ""), ("A", ""), ("B", "_b")):
        for depth in (20, 32, 44, 56) if letter == "none" else (20, 32, 44, 56, 110, 1202):
            n = (depth - 2) // 6
            kind = "plain" if letter == "none" else "resnet"
            line = f"basic:{n},{n},{n}:width=16,stem=cifar,shortcut={letter}"
            found[f"cifar_{kind}{depth}{suffix}"] = read(line)
    found["preact_resnet110"] = read("basic:18,18,18:width=16,stem=cifar,shortcut=A,preact=true")
    for depth in (164, 1001):
        n = (depth - 2) // 9
        line = f"bottleneck:{n},{n},{n}:width=16,stem=cifar,preact=true,stride=1x1"
        found[f"preact_resnet{depth}"] = read(line)
    return found


def _named(table: str) -> dict[str, Design]:
    return {name: read(line) for name, line in map(str.split, table.strip().splitlines())}


DESIGNS: dict[str, Design] = _named(_IMAGENET) | _cifar() | _named(_TUTORIAL)
"""Every network of the papers by its name without the prefix."""


def variants() -> Sequence[Variant]:
    """Those of the catalogue that are the papers'."""
    return tuple(VARIANTS[f"paper:{name}"] for name in DESIGNS)


def default_input(name: str) -> tuple[int, ...]:
    """The papers': 224×224 pixels for ImageNet, 32×32 for CIFAR-10."""
    return design(name).input


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network with fresh weights; `arguments` are options of its design.

    Raises `UnknownName`, `BadInput` and `BuildError`.
    """
    chosen = design(name).but(arguments)
    from resnet_inspect.sources import residual

    return residual.build(chosen, device)


def offered(name: str) -> dict[str, str]:
    """The options of its design, as it has them."""
    return design(name).offered


def design(name: str) -> Design:
    """The design of that name, with the options that follow it.

    Raises `UnknownName`, with the nearest names, if there is none.
    """
    plain, _, options = name.partition(":")
    if plain not in DESIGNS:
        known = [variant.name for variant in variants()]
        raise UnknownName(
            "model", f"paper:{plain}", known, see="`resnet-inspect list 'paper:*'` shows them"
        )
    return DESIGNS[plain].but(read_options(options))
