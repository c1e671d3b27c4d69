"""The torch tower's sources: a name becomes an `nn.Module`.

This file and the catalogue know no torch, so names can be listed and checked at once.
"""

from __future__ import annotations

from resnet_inspect.sources.catalogue import VARIANTS, Variant

__all__ = ["SOURCES", "VARIANTS", "Variant"]

SOURCES: dict[str, str] = {"torchvision": "resnet_inspect.sources.torchvision"}
"""Every source by name, and the module that builds its models."""
