"""Networks that the caller has made: without their wrappers, as copies, with weights of a file."""

from __future__ import annotations

import copy
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.escaping import first_line

if TYPE_CHECKING:
    from torch import nn


def copied(given: nn.Module) -> nn.Module:
    """A copy on the CPU of a network of the caller's, without wrappers around it.

    Raises `BadInput` for what is no module or cannot be copied.
    """
    from resnet_inspect.capture.members import tensors

    network = bare(given)
    if any(tensor.is_meta for tensor in tensors(network)):
        raise BadInput("a network on meta has no weights", hint="build it on a device")
    try:
        return copy.deepcopy(network).cpu()
    except Exception as error:
        line = first_line(error)
        raise BadInput(f"{type(network).__name__} cannot be copied: {line}") from error


def bare(given: Any) -> nn.Module:
    """A network of the caller's without wrappers around it; raises `BadInput` for no module."""
    from torch import nn

    from resnet_inspect.capture.wrappers import unwrapped

    if not isinstance(given, nn.Module):
        raise BadInput(f"a network is a name or an nn.Module, not a {type(given).__name__}")
    return unwrapped(given)[0]


def check_unbuilt(arguments: Collection[Any] | None) -> None:
    """Raise `BadInput` for arguments of a builder where there is none."""
    if arguments:
        raise BadInput("arguments are for the builder of a named network; this one is built")


def filled(given: nn.Module, weights: str | Path) -> tuple[nn.Module, tuple[str, ...]]:
    """A copy of a network of the caller's with the weights of a file, and what was done to it.

    It is fitted as the run did that wrote them, if one did. Raises as `copied` and `fill` do.
    """
    from resnet_inspect.capture.members import home
    from resnet_inspect.pipeline.building.weights import fill, fit_as_run

    network, where = copied(given), home(given)
    said = fit_as_run(network, weights)
    return network.to(where), (*said, fill(network, type(network).__name__, weights)[0])
