"""The torch tower's sources: a name becomes an `nn.Module`.

This file and the catalogue know no torch, so names can be listed and checked at once. A source is
a module with the functions of `Source`; to add one, write it and put it into `SOURCES`, or name it
in the entry-point group `resnet_inspect.sources` of a package of your own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from os.path import isfile  # unlike `Path.is_file`, no for a name that is too long
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from resnet_inspect.errors import MissingDependency, UnknownName, UsageError
from resnet_inspect.sources.catalogue import NAMED, Variant
from resnet_inspect.traces.run import BEST, RECORD

if TYPE_CHECKING:
    import torch
    from torch import nn

NO_CODE = "RESNET_INSPECT_NO_CODE"
"""The environment variable that has own code refused, which would run where others ask for it."""
ENTRY_POINTS = "resnet_inspect.sources"
"""The group in which other packages name sources: prefix = "package.module"."""


class Source(Protocol):
    """Where networks come from. Its functions get the name without the prefix.

    A source may have two more functions: `surroundings(name)`, a context in which the network is
    built and run, and `offered(name)`, the arguments of its builder with their defaults as Python
    literals, "" for one that must be given.
    """

    def variants(self) -> Sequence[Variant]:
        """Every network that can be named here, without building one; none where names are open."""

    def default_input(self, name: str) -> tuple[int, ...] | None:
        """The input shape of a network when none is given, batch first; None if nobody knows."""

    def build(self, name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
        """The network with fresh weights, on meta or from seed 0 on a real device.

        Raises `UnknownName` for a name that is not here, `BadInput` for an argument that the
        builder does not take, `BuildError` if the builder raises, `MissingDependency` if a
        package is absent.
        """


SOURCES: dict[str, str] = {
    "code": "resnet_inspect.sources.code",
    "torchvision": "resnet_inspect.sources.torchvision",
    "paper": "resnet_inspect.sources.paper",
    "resnet": "resnet_inspect.sources.resnet",
    "timm": "resnet_inspect.sources.timm",
}
"""Prefix of a network's name -> the module that is the source."""

_UNPREFIXED = ("torchvision", "code")
"""Sources whose networks are named without a prefix."""

_SEE = "`resnet-inspect list` shows every name; your own code is FILE.py:NAME"


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

    @property
    def origin(self) -> str:
        """For a trace's provenance: "torchvision:resnet50", "model.py:ResNet18"."""
        return self.name if self.source == "code" else f"{self.source}:{self.name}"

    @property
    def title(self) -> str:
        """What its trace is called; "" where the class of the network must do ("model.py")."""
        in_code = code_place(self.name) if self.source == "code" else None
        return self.name if in_code is None else in_code[1]


@cache
def sources() -> dict[str, str]:
    """`SOURCES` and those that other packages add; one of ours is never replaced."""
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return found | SOURCES


def code_place(written: str) -> tuple[str, str] | None:
    """The file or module, and the name in it, that "model.py:Net" or "package.module:Net" means.

    The name is "" for a file alone. None for what does not name code: a word without a colon,
    however many dots it has, is the name of a variant.
    """
    place, colon, name = written.rpartition(":")
    if not colon or is_path(name):  # C:\models\net.py has one too
        place, name = written, ""
    is_module = bool(name) and all(part.isidentifier() for part in place.split("."))
    return (place, name) if is_path(place) or is_module else None


def is_path(place: str) -> bool:
    """Whether what is written names a file rather than a module."""
    return place.endswith(".py") or "/" in place or "\\" in place


def subject(written: str) -> Subject:
    """What "resnet50", "timm:resnet50d" or "model.py:Net" names; no network is built.

    Raises `UnknownName`, with the nearest names, for what no source has.
    """
    if written in NAMED:
        prefix, _, name = written.rpartition(":")
        return Subject(prefix or "torchvision", name)
    prefix, colon, name = written.partition(":")
    if colon and (prefix in SOURCES or prefix in sources()):
        return Subject(prefix, name)
    if code_place(written) is not None:
        return Subject("code", written)
    if isfile(Path(written, RECORD)):
        record = "it holds the record of a training, which `show` and `report` take; its network is"
        see = f"{record} as trained by its name and --weights {Path(written, BEST)}"
        raise UnknownName("model", written, (), see=see)
    raise UnknownName("model", written, NAMED, see=_SEE)


def source(prefix: str) -> Source:
    """The source of that prefix, imported now.

    Raises `MissingDependency` if it, or what it needs, cannot be imported, `UsageError` for own
    code where that is refused.
    """
    if prefix == "code" and os.environ.get(NO_CODE):
        raise UsageError("own code is not run here", hint="`serve --allow-code` lets it")
    module = SOURCES.get(prefix) or sources()[prefix]
    try:
        found: Source = import_module(module)
    except ImportError as error:
        raise MissingDependency(
            f"the source {prefix} cannot be imported: {error}", hint=f"pip install {error.name}"
        ) from error
    return found


def surroundings(chosen: Subject) -> AbstractContextManager[object]:
    """What must hold while a network is built and run: for most sources, nothing."""
    context = getattr(source(chosen.source), "surroundings", None)
    return nullcontext() if context is None else context(chosen.name)


def offered(chosen: Subject) -> dict[str, str]:
    """What the builder of a network takes, each with its default as a Python literal, or "".

    None where the source does not tell. Raises what building it raises.
    """
    tell = getattr(source(chosen.source), "offered", None)
    if tell is None:
        return {}
    with surroundings(chosen):
        found: dict[str, str] = tell(chosen.name)
    return found


def listed(globs: Iterable[str] = ()) -> tuple[Variant, ...]:
    """The networks whose names any of these globs matches; the catalogue for no glob.

    A glob with the prefix of a source that the catalogue does not have ("timm:*res*") asks the
    source, which imports it. Raises `UnknownName` if nothing matches.
    """
    wanted = list(globs)
    known = dict(NAMED)
    in_catalogue = {name.partition(":")[0] for name in NAMED if ":" in name}
    prefixes = {prefix for prefix, colon, _ in (glob.partition(":") for glob in wanted) if colon}
    for prefix in sorted(prefixes & sources().keys() - in_catalogue):
        known |= {found.name: found for found in source(prefix).variants()}
    if not wanted:
        return tuple(known.values())
    found = [known[name] for name in known if any(fnmatchcase(name, glob) for glob in wanted)]
    if not found:
        raise UnknownName(
            "model", " ".join(wanted), known, see="`resnet-inspect list` shows every name"
        )
    return tuple(found)
