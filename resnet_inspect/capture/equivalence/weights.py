"""The same weights in two networks: what each computes with, copied from one into the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_inspect.capture.members import switch
from resnet_inspect.capture.parametrizations import Made, made_weights


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """What a network computes with, by full names, tied tensors under their first.

    A weight that is made of others stands for them.
    """
    own, made = _own_and_made(model)
    return own | {name: one.value() for name, one in made.items()}


def weights_of(model: nn.Module) -> list[str]:
    """The full names of the parameters among them, and of what is made of parameters."""
    own, made = _own_and_made(model)
    return [*(name for name, one in own.items() if isinstance(one, nn.Parameter)), *made]


def _own_and_made(model: nn.Module) -> tuple[dict[str, Tensor], dict[str, Made]]:
    """The tensors that a network computes with as they are, and what it makes of the others."""
    made = made_weights(model)
    parts = {part for one in made.values() for part in one.parts}
    return {name: one for name, one in _held(model).items() if name not in parts}, made


def _held(model: nn.Module) -> dict[str, Tensor]:
    """The tensors of a state dict by their full names, tied ones under their first."""
    found: dict[int, tuple[str, Tensor]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if torch.is_tensor(tensor):
            found.setdefault(id(tensor), (name, tensor))
    return dict(found.values())


def draw_constants(model: nn.Module) -> None:
    """Give what starts as a constant (norms, biases, scales) numbers that differ.

    With the zeros and ones that they start with, what a layer does could not be seen.
    """
    draws = torch.Generator().manual_seed(0)

    def drawn(tensor: Tensor) -> Tensor:
        return torch.rand(tensor.shape, generator=draws, device="cpu").to(tensor) / 2 + 0.75

    with torch.no_grad():
        for name, tensor in _held(model).items():
            if name.endswith("running_var"):
                tensor.mul_(drawn(tensor))
            elif not tensor.is_floating_point() or not tensor.numel():
                continue
            elif name.endswith("running_mean") or (
                isinstance(tensor, nn.Parameter) and bool((tensor == tensor.flatten()[0]).all())
            ):
                tensor.add_((drawn(tensor) - 1) / 2)


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied between two networks."""

    into: int
    """Tensors of the second that were copied into the first."""
    back: int
    """Those that the first makes of others, copied into the second."""
    made: tuple[tuple[str, str], ...]
    """Names of what is made of others in one of them, with what makes it."""


def made_otherwise(model: nn.Module, other: nn.Module, names: Mapping[str, str]) -> str:
    """Why a weight that both make of others cannot be given from one to the other; "" if all can.

    `names` maps the first network's full names to the second's.
    """
    ours, theirs = made_weights(model), made_weights(other)
    mine, others = _held(model), _held(other)
    for name, source in names.items():
        if name in ours and source in theirs:
            a, b = ours[name], theirs[source]
            if [mine[n].shape for n in a.parts] != [others[n].shape for n in b.parts]:
                return (
                    f"{name} is made of others in both, by {a.by} and by {b.by}, and neither can"
                    " be given what the other makes"
                )
    return ""


def with_same_weights(model: nn.Module, other: nn.Module, names: Mapping[str, str]) -> Copied:
    """Let two networks compute with the same; `names` maps the first's full names to the second's.

    A tensor of `other` is copied into `model`. What `model` makes of others is copied into `other`,
    or, where both make it, what it is made of. Both are ours to change.
    """
    switch(model, False)
    switch(other, False)
    ours, theirs = made_weights(model), made_weights(other)
    mine, source = _held(model), _held(other)
    back = {name: to for name, to in names.items() if name in ours and to not in theirs}
    with torch.no_grad():
        for name, given in names.items():
            if name in ours and given in theirs:
                for a, b in zip(ours[name].parts, theirs[given].parts, strict=True):
                    mine[a].copy_(source[b])
            elif name not in ours:
                made = theirs[given].value() if given in theirs else source[given]
                mine[name].copy_(made.reshape(mine[name].shape))
        for name, to in back.items():
            source[to].copy_(ours[name].value().reshape(source[to].shape))
    both = [
        (n, ours[n].by if n in ours else theirs[s].by)
        for n, s in names.items()
        if n in ours or s in theirs
    ]
    return Copied(len(names) - len(back), len(back), tuple(both))
