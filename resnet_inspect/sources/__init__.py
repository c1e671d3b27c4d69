"""The torch tower's sources: a name becomes an `nn.Module`.

This file and the catalogue know no torch, so names can be listed and checked at once. A source is
a module with the functions of `Source`; to add one, write it and put it into `SOURCES`, or name it
in the entry-point group `resnet_inspect.sources` of a package of your own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from resnet_inspect.errors import MissingDependency, UnknownName
from resnet_inspect.sources.catalogue import VARIANTS, Variant

if TYPE_CHECKING:
    import torch
    from torch import nn

ENTRY_POINTS = "resnet_inspect.sources"
"""The group in which other packages name sources: prefix = "package.module"."""


class Source(Protocol):
    """Where networks come from. Its functions get the name without the prefix."""

    def variants(self) -> Sequence[Variant]:
        """Every network that can be named here, without building one; none where names are open."""

    def default_input(self, name: str) -> tuple[int, ...]:
        """The input shape of a network when none is given, batch first."""

    def build(self, name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
        """The network with fresh weights, on meta or from seed 0 on a real device.

        Raises `UnknownName` for a name that is not here, `BadInput` for an argument that the
        builder does not take, `BuildError` if the builder raises, `MissingDependency` if a
        package is absent.
        """


SOURCES: dict[str, str] = {
    "torchvision": "resnet_inspect.sources.torchvision",
}
"""Prefix of a network's name -> the module that is the source."""

_UNPREFIXED = ("torchvision",)
"""Sources whose networks are named without a prefix."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A network as a user names it."""

    source: str
    """A key of `sources()`."""
    name: str
    """What the source calls it."""

    @property
    def written(self) -> str:
        """The shortest way to name it: "resnet50", "timm:resnet50d"."""
        return self.name if self.source in _UNPREFIXED else f"{self.source}:{self.name}"


@cache
def sources() -> dict[str, str]:
    """`SOURCES` and those that other packages add; one of ours is never replaced."""
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return found | SOURCES


def subject(written: str) -> Subject:
    """What "resnet50", "timm:resnet50d" or "paper:resnet20" names; no network is built.

    Raises `UnknownName`, with the nearest names, for what no source has.
    """
    if written in VARIANTS:
        prefix, _, name = written.rpartition(":")
        return Subject(prefix or "torchvision", name)
    prefix, colon, name = written.partition(":")
    if colon and (prefix in SOURCES or prefix in sources()):
        return Subject(prefix, name)
    raise UnknownName("model", written, VARIANTS, see="`resnet-inspect list` shows every name")


def source(prefix: str) -> Source:
    """The source of that prefix, imported now.

    Raises `MissingDependency` if it, or what it needs, cannot be imported.
    """
    module = SOURCES.get(prefix) or sources()[prefix]
    try:
        found: Source = import_module(module)
    except ImportError as error:
        raise MissingDependency(
            f"the source {prefix} cannot be imported: {error}", hint=f"pip install {error.name}"
        ) from error
    return found
