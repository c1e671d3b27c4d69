"""A network made to fit a data set: its classifier, its stem, dropout before the classifier.

Which modules these are is known from a trace; here they are replaced, and each change is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_inspect.errors import BadInput


def channels_of(network: nn.Module) -> int:
    """Channels of the images that a network takes: what its first convolution does; else 3."""
    found = (module.in_channels for module in network.modules() if isinstance(module, nn.Conv2d))
    return next(found, 0) or 3  # a lazy one does not know yet


def fit_head(network: nn.Module, path: str, classes: int, seed: int) -> str:
    """Replace the classifier at a path by a fresh one for so many classes, if it has others.

    Says what was done, "" for nothing. Raises `BadInput` if it is no layer that can be replaced.
    """
    old = network.get_submodule(path)
    outputs = getattr(old, "out_features", None) or getattr(old, "out_channels", None)
    if outputs == classes:
        return ""
    with _seeded(seed):
        if isinstance(old, nn.Linear):
            new: nn.Module = nn.Linear(old.in_features, classes, old.bias is not None, **_like(old))
        elif isinstance(old, nn.Conv2d) and old.groups == 1:
            window = {name: getattr(old, name) for name in _WINDOW}
            made = {**window, "bias": old.bias is not None, **_like(old)}
            new = nn.Conv2d(old.in_channels, classes, **made)
        else:
            raise BadInput(
                f"the last layer, {path}, gives {outputs} and is a {type(old).__name__}:"
                " nn.Linear and nn.Conv2d are fitted"
            )
    _put(network, path, new)
    return f"{path} is new: {classes} classes in place of {outputs:,}"


def fit_stem(network: nn.Module, paths: Sequence[str], seed: int) -> tuple[list[str], str]:
    """Let the modules of a stem keep the size of the map: no stride, 3×3 windows, no pools.

    Gives the paths of the convolutions that are new, and says what was done.
    """
    new, said = [], []
    for path in paths:
        old = network.get_submodule(path)
        if isinstance(old, nn.MaxPool2d | nn.AvgPool2d):
            _put(network, path, nn.Identity())
            said.append(f"{path} is left out")
        elif isinstance(old, nn.Conv2d) and max(old.kernel_size) > 3:
            with _seeded(seed):
                own = nn.Conv2d(
                    old.in_channels, old.out_channels, 3, 1, 1,
                    groups=old.groups, bias=old.bias is not None, **_like(old),
                )  # fmt: skip
                nn.init.kaiming_normal_(own.weight, mode="fan_out", nonlinearity="relu")
            _put(network, path, own)
            new.append(path)
            window = f"{'×'.join(map(str, old.kernel_size))}/{max(old.stride)}"
            said.append(f"{path} is new: 3×3/1 in place of {window}")
        elif isinstance(old, nn.Conv2d) and max(old.stride) > 1:
            said.append(f"{path} has stride 1 in place of {max(old.stride)}")
            old.stride = (1, 1)
    return new, "; ".join(said)


def drop_before(network: nn.Module, path: str, part: float) -> None:
    """Set this part of what goes into a module to zero, in training."""

    def dropped(module: nn.Module, given: tuple[Any, ...]) -> Any:
        first: Tensor = functional.dropout(given[0], part, module.training)
        return (first, *given[1:])

    network.get_submodule(path).register_forward_pre_hook(dropped)


def frozen_norms(network: nn.Module, names: frozenset[str]) -> tuple[str, ...]:
    """Paths of the norms with statistics that stand among frozen parameters.

    One without parameters of its own stands among those of the nearest module around it.
    """
    return tuple(
        path
        for path, module in network.named_modules()
        if getattr(module, "running_mean", None) is not None and _is_frozen(network, path, names)
    )


def _is_frozen(network: nn.Module, path: str, names: frozenset[str]) -> bool:
    while True:
        prefix = f"{path}." if path else ""
        own = [f"{prefix}{name}" for name, _ in network.get_submodule(path).named_parameters()]
        if own or not path:
            return bool(own) and names.issuperset(own)
        path = path.rpartition(".")[0]


_WINDOW = ("kernel_size", "stride", "padding", "dilation")


def _like(layer: nn.Linear | nn.Conv2d) -> dict[str, Any]:
    return {"device": layer.weight.device, "dtype": layer.weight.dtype}


def _put(network: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(network.get_submodule(parent), name, module)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random numbers of their own from that seed."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        yield
