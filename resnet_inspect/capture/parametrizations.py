"""Weights that a module computes of others each time it runs: by a norm, a mask, a parametrization.

Read are `torch.nn.utils.parametrize`, the older `weight_norm` and `spectral_norm`, and
`torch.nn.utils.prune`. What a forward makes of its weights itself is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from resnet_inspect.capture.members import class_name, named_modules, named_tensors, registered
from resnet_inspect.traces.modules import join


@dataclass(frozen=True)
class Made:
    """A weight that is computed of other tensors."""

    module: nn.Module
    own: str
    """What the module calls it: "weight"."""
    by: str
    """The classes that compute it: "WeightNorm"."""
    parts: tuple[str, ...]
    """Full names of the parameters and buffers that it is made of."""
    hook: Any = None
    """What computes it before a forward; None where asking for it is enough."""

    @torch.no_grad()
    def value(self) -> Tensor:
        """What the module computes with, in the mode that it is in."""
        if self.hook is not None:
            self.hook(self.module, ())
        found: Tensor = getattr(self.module, self.own)
        return found


def made_weights(model: nn.Module) -> dict[str, Made]:
    """Those of a network by the full names that they would have if they were its own."""
    held = [name for kind in ("_parameters", "_buffers") for name, _ in named_tensors(model, kind)]
    found: dict[str, Made] = {}
    seen: set[int] = set()
    for path, module in named_modules(model):
        if id(module) in seen:
            continue
        seen.add(id(module))
        lists = registered(module, "_modules").get("parametrizations")
        for own, steps in registered(lists, "_modules").items() if lists else ():
            if isinstance(steps, parametrize.ParametrizationList):
                prefix = join(path, f"parametrizations.{own}.")
                parts = tuple(name for name in held if name.startswith(prefix))
                found[join(path, own)] = Made(module, own, _names(*steps), parts)
        for hook in vars(module).get("_forward_pre_hooks", {}).values():
            own = _made_by(hook)
            if own:
                ends = (f"{own}_{end}" for end in ("orig", "mask", "g", "u", "v"))
                parts = tuple(name for end in ends if (name := join(path, end)) in held)
                found[join(path, own)] = Made(module, own, _names(hook), parts, hook)
    return {name: made for name, made in found.items() if not _is_within(made, found.values())}


def _is_within(made: Made, others: Iterable[Made]) -> bool:
    """Whether a weight only goes into another one: what it is made of is a part of that."""
    return bool(made.parts) and any({*made.parts} < {*other.parts} for other in others)


def _made_by(hook: object) -> str:
    """The weight that a hook computes; "" if it does another thing."""
    if isinstance(hook, WeightNorm | SpectralNorm):
        return hook.name
    return str(hook._tensor_name) if isinstance(hook, prune.BasePruningMethod) else ""


def _names(*steps: object) -> str:
    classes = (
        class_name(step) if isinstance(step, nn.Module) else type(step).__name__ for step in steps
    )
    return " and ".join(dict.fromkeys(name.lstrip("_") for name in classes))
