"""Two networks with the same weights on the same input: the first layer at which they part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from resnet_inspect.capture.members import named_modules, named_tensors, switch
from resnet_inspect.capture.recording.past_hooks import noticed
from resnet_inspect.traces.model import Call

_index = attrgetter("index")

TOLERANCE = 1e-5
"""Largest difference, relative to the largest value, that is taken for rounding."""


def with_weights_of(model: nn.Module, other: nn.Module, names: Mapping[str, str]) -> int:
    """Copy into `model` the tensors of `other`; `names` maps its full names to the other's.

    Returns how many tensors were copied. Both are ours to change.
    """
    theirs, ours = _by_name(other), _by_name(model)
    with torch.no_grad():
        for name, source in names.items():
            ours[name].copy_(theirs[source])
    return len(names)


def _by_name(model: nn.Module) -> dict[str, Tensor]:
    registers = ("_parameters", "_buffers")
    return {name: tensor for one in registers for name, tensor in named_tensors(model, one)}


def first_difference(
    model: nn.Module,
    other: nn.Module,
    pairs: Sequence[tuple[Call, Call]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> tuple[str, str, float] | None:
    """The first pair of modules whose outputs differ in eval mode, and by how much.

    `pairs` are calls of modules in order; the networks' own outputs, with two empty paths, come
    last. None where every output is equal up to `TOLERANCE` of its largest value.
    """
    ours = _outputs(model, [a for a, _ in pairs], args, kwargs)
    theirs = _outputs(other, [b for _, b in pairs], args, kwargs)
    paths = [(str(a.module), str(b.module)) for a, b in pairs]
    for (left, right), made, wanted in zip([*paths, ("", "")], ours, theirs, strict=True):
        for a, b in zip(made, wanted, strict=True):
            largest = max(float(b.abs().max()), 1e-30)
            difference = float((a - b).abs().max()) / largest
            if not difference <= TOLERANCE:  # also where it is no number
                return left, right, difference
    return None


def _outputs(
    model: nn.Module, calls: Sequence[Call], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[list[Tensor]]:
    """The outputs of these calls, in their order, then those of the network."""
    found: dict[str, list[list[Tensor]]] = {str(call.module): [] for call in calls}
    wanted = [(path, module) for path, module in named_modules(model) if path in found]
    paths = {id(module): path for path, module in wanted}

    def keep(module: nn.Module, given: Any, named: Any, made: Any) -> None:
        if id(module) in paths:
            found[paths[id(module)]].append(_copies(made))

    with ExitStack() as undo:
        for _, module in wanted:
            handle = nn.Module.register_forward_hook(module, keep, with_kwargs=True)
            undo.callback(handle.remove)
        undo.enter_context(noticed(model, lambda *given: None, keep))
        with torch.no_grad():
            switch(model, False)
            made = model(*args, **kwargs)
    in_time = {path: iter(outputs) for path, outputs in found.items()}
    by_call = {call.index: next(in_time[str(call.module)]) for call in sorted(calls, key=_index)}
    return [*(by_call[call.index] for call in calls), _copies(made)]


def _copies(made: Any) -> list[Tensor]:
    return [t.detach().clone() for t in tree_leaves(made) if torch.is_tensor(t)]
