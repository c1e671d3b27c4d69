"""Any residual network of the papers' kind as a line: `resnet:bottleneck:3,4,6,3:width=32`.

The grammar is that of `sources.design`. torch is imported when a network is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resnet_inspect.sources.catalogue import Variant
from resnet_inspect.sources.design import read

if TYPE_CHECKING:
    import torch
    from torch import nn


def variants() -> Sequence[Variant]:
    """None: the names are open."""
    return ()


def default_input(name: str) -> tuple[int, ...]:
    """224×224 pixels, or 32×32 if the name asks for the stem of CIFAR."""
    return read(name).input


def offered(name: str) -> dict[str, str]:
    """The options of the design, as it has them."""
    return read(name).offered


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network with fresh weights; `arguments` are options too, and win over those in the name.

    Raises `UnknownName`, `BadInput` and `BuildError`.
    """
    chosen = read(name).but(arguments)
    from resnet_inspect.sources import residual

    return residual.build(chosen, device)
