"""What two networks give on an input: the same within rounding, or where they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from resnet_inspect.capture.members import floating_dtype, named_modules, switch, tensors
from resnet_inspect.capture.recording.direct_calls import noticed

TOLERANCES = {torch.float64: 1e-7, torch.float32: 1e-5}
"""Largest difference, relative to the largest value, that is taken for rounding.

In float64 it is that of constants which were written down in float32.
"""
_COARSE = 1e-2
"""The same for narrower types."""

Place = tuple[str, int]
"""The path of a module, and which of its calls, counted from 0."""
Difference = tuple[str, str, float | None]
"""The paths of two modules ("" for the networks), and by how much their outputs differ, relative
to the largest value; None for other shapes."""


def in_doubles(
    models: Sequence[nn.Module], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Turn networks and their inputs to float64 if they run in it; else all stays as it is."""
    before = [floating_dtype(model) for model in models]
    given: tuple[tuple[Any, ...], dict[str, Any]] = tree_map(_doubled, (args, kwargs))
    try:
        for model in models:
            _run(model.double(), *given)
    except Exception:  # whatever it raises: it does not run in float64
        for model, dtype in zip(models, before, strict=True):
            for tensor in tensors(model):
                if tensor.is_floating_point():
                    tensor.data = tensor.data.to(dtype)
        return args, kwargs
    return given


def _doubled(given: Any) -> Any:
    is_float = torch.is_tensor(given) and given.is_floating_point()
    return given.double() if is_float else given


def why_empty(model: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Why what a network gives on an input shows nothing if another gives it too; "" if it does."""
    made = _leaves(_run(model, args, kwargs))
    if any(t.isnan().any() for t in made):
        return "they give what is no number"
    return "" if any(t.any() for t in made) else "they give nothing but zeros"


def is_random(model: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether what a network gives in eval mode depends on the random number generator."""
    made, again = (_run(model, args, kwargs, seed) for seed in (0, 1))
    return _parted(made, again, tolerance_of(model)) is not None


def tolerance_of(model: nn.Module) -> float:
    """The largest relative difference that is rounding in what a network computes in."""
    return TOLERANCES.get(floating_dtype(model), _COARSE)


def dtype_of(model: nn.Module) -> str:
    """What a network computes in: "float64"."""
    return str(floating_dtype(model))[6:]


def first_difference(
    model: nn.Module,
    other: nn.Module,
    pairs: Sequence[tuple[Place, Place]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Difference | None:
    """Where the outputs of two networks in eval mode differ: the first pair of modules that does.

    `pairs` are in the order of the calls; if none of them differs it is the networks' own outputs.
    None where the networks give the same, whatever is between.
    """
    tolerance = tolerance_of(model)
    whole = _parted(_run(model, args, kwargs), _run(other, args, kwargs), tolerance)
    if whole is None:
        return None
    ours = _outputs(model, [a for a, _ in pairs], args, kwargs)
    theirs = _outputs(other, [b for _, b in pairs], args, kwargs)
    for a, b in pairs:
        if a in ours and b in theirs:
            found = _parted(ours[a], theirs[b], tolerance)
            if found is not None:
                return a[0], b[0], found[0]
    return "", "", whole[0]


def _parted(made: Any, wanted: Any, tolerance: float) -> tuple[float | None] | None:
    """By how much tensors differ, None in it for other shapes; None where they do not."""
    ours, theirs = _leaves(made), _leaves(wanted)
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return (None,)
    differences = (_differ(a, b, tolerance) for a, b in zip(ours, theirs, strict=True))
    return next(((found,) for found in differences if found is not None), None)


def _differ(a: Tensor, b: Tensor, tolerance: float) -> float | None:
    """By how much one tensor differs from another of its shape; None where it does not."""
    unlike = (a != b) & ~(a.isnan() & b.isnan())
    if not unlike.any():
        return None
    largest = max(float(b[b.isfinite()].abs().max()) if b.isfinite().any() else 0.0, 1e-30)
    difference = float((a - b)[unlike].abs().max()) / largest
    return None if difference <= tolerance else difference  # also where it is no number


def _run(model: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any], seed: int = 0) -> Any:
    """What it gives on copies of the inputs, since it may overwrite them."""
    given = tree_map(lambda one: one.clone() if torch.is_tensor(one) else one, (args, kwargs))
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        switch(model, False)
        return model(*given[0], **given[1])


def _outputs(
    model: nn.Module, places: Sequence[Place], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[Place, list[Tensor]]:
    """The outputs of these calls, of those that are run."""
    wanted = frozenset(places)
    watched = {path for path, _ in places}
    modules = [(path, module) for path, module in named_modules(model) if path in watched]
    paths = {id(module): path for path, module in modules}
    times: Counter[str] = Counter()
    found: dict[Place, list[Tensor]] = {}

    def keep(module: nn.Module, given: Any, named: Any, made: Any) -> None:
        if id(module) in paths:
            place = paths[id(module)], times[paths[id(module)]]
            times[place[0]] += 1
            if place in wanted:
                found[place] = _leaves(made)

    with ExitStack() as undo:
        for _, module in modules:
            handle = nn.Module.register_forward_hook(module, keep, with_kwargs=True)
            undo.callback(handle.remove)
        undo.enter_context(noticed(model, lambda *given: None, keep))
        _run(model, args, kwargs)
    return found


def _leaves(made: Any) -> list[Tensor]:
    """Copies of the tensors in an output, on the CPU, in numbers that can be subtracted."""
    leaves = [t.detach().cpu() for t in tree_leaves(made) if torch.is_tensor(t)]
    return [t.clone() if t.is_floating_point() or t.is_complex() else t.double() for t in leaves]
