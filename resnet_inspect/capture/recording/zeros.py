"""How many numbers of each parameter are exactly zero, of a network whose weights have values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from resnet_inspect.capture.members import named_modules, registered
from resnet_inspect.capture.signals.reductions import zeros
from resnet_inspect.traces.modules import ModuleSpec, join

_PRUNED = "_orig"
"""How `torch.nn.utils.prune` ends the name of the parameter that it multiplies with a mask."""


def zeros_of(model: nn.Module) -> dict[str, int]:
    """By the full name of a parameter, its zeros; of a pruned one, those of what is computed with.

    Parameters without values (on meta, lazy ones) or of types that cannot be counted are left out.
    """
    found = {}
    for path, module in named_modules(model):
        for name, tensor in registered(module, "_parameters").items():
            number = _zeros(tensor, _mask(module, name) if name.endswith(_PRUNED) else None)
            if number is not None:
                found[join(path, name)] = number
    return found


def _mask(module: nn.Module, name: str) -> Tensor | None:
    """What pruning multiplies a parameter with."""
    return registered(module, "_buffers").get(f"{name.removesuffix(_PRUNED)}_mask")


def zeros_among(values: Mapping[str, Tensor]) -> dict[str, int]:
    """The same of tensors by name, as a state dict has them."""
    masks = {
        name: values.get(f"{name.removesuffix(_PRUNED)}_mask")
        for name in values
        if name.endswith(_PRUNED)
    }
    counted = ((name, _zeros(tensor, masks.get(name))) for name, tensor in values.items())
    return {name: number for name, number in counted if number is not None}


def with_zeros(modules: Iterable[ModuleSpec], zeros: Mapping[str, int]) -> tuple[ModuleSpec, ...]:
    """What the modules are, with the zeros of their parameters."""
    return tuple(
        replace(
            module,
            parameters=tuple(
                replace(spec, zeros=zeros.get(join(module.path, spec.name)))
                for spec in module.parameters
            ),
        )
        for module in modules
    )


def _zeros(tensor: Tensor | None, mask: Tensor | None) -> int | None:
    if type(tensor) not in (Tensor, nn.Parameter) or tensor is None or tensor.is_meta:
        return None
    with torch._C.DisableTorchFunction(), torch.no_grad():  # no other recorder is to see it
        try:
            return int(zeros(tensor if mask is None else tensor * mask))
        except (RuntimeError, NotImplementedError):
            return None
