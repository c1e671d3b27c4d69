"""Where a trace comes from: the network's source and device, its mode, versions, the time."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from torch import nn

from resnet_inspect._version import __version__
from resnet_inspect.capture.members import is_training, modules
from resnet_inspect.traces.model import Provenance
from resnet_inspect.traces.timestamps import now

_PACKAGES = ("torch", "torchvision")


def provenance(
    *,
    source: str,
    arguments: Mapping[str, Any],
    device: str,
    model: nn.Module,
    notes: Sequence[str],
    call: str,
) -> Provenance:
    """The provenance of a trace made now; versions come from package metadata."""
    return Provenance(
        source=source,
        arguments=tuple((name, repr(value)) for name, value in arguments.items()),
        device=device,
        mode=_mode(model),
        versions=_versions(),
        tool_version=__version__,
        captured_at=now(),
        notes=tuple(notes),
        call=call,
    )


def source_of(model: nn.Module) -> str:
    """What a module that came without a name is known by: "python:" and its class."""
    return f"python:{type(model).__module__}.{type(model).__qualname__}"


def is_exported(model: nn.Module) -> bool:
    """Whether `torch.export` made it: a graph of operators, in the mode that was exported."""
    return isinstance(model, torch.fx.GraphModule) and any(
        isinstance(node.target, torch._ops.OpOverload) for node in model.graph.nodes
    )


def _mode(model: nn.Module) -> str:
    """In which mode it runs; what `torch.export` made has flags that say nothing of it."""
    if is_exported(model):
        return "as exported"
    modes = {is_training(module) for module in modules(model)}
    return "mixed" if len(modes) > 1 else "train" if modes == {True} else "eval"


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """Of Python and the packages that are installed: to look them up takes milliseconds."""
    found = [("python", platform.python_version())]
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append((package, version(package)))
    return tuple(found)
