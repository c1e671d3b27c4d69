"""A recipe from what is asked for: what is left out is filled in, what cannot be is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.run import LEARNING_RATES, MOMENTUM, SCHEDULES, Recipe

_SEEDS = 2**32


def recipe_of(model: str | None, data: str, **options: Any) -> Recipe:
    """The recipe with these options; what is None is as usual.

    Raises `UnknownName` and `BadInput`.
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = [field.name for field in fields(Recipe)]
    for name in given:
        if name not in known:
            raise UnknownName("option", name, known)
    optimizer = given.get("optimizer", "sgd")
    _one_of("optimizer", optimizer, LEARNING_RATES)
    _one_of("schedule", given.get("schedule", "cosine"), SCHEDULES)
    _one_of("stem", given.get("stem", ""), ("", "cifar"))
    if "momentum" in given and optimizer not in MOMENTUM:
        raise BadInput(f"{optimizer} has no momentum", hint=f"{' and '.join(MOMENTUM)} have one")
    if isinstance(given.get("arguments"), Mapping):
        given["arguments"] = tuple(
            (name, repr(value)) for name, value in given["arguments"].items()
        )
    if "unfreeze" in given:
        given["unfreeze"] = tuple((parts, epoch) for parts, epoch in given["unfreeze"])
    if isinstance(size := given.get("image_size"), int):
        given["image_size"] = (size, size)
    given["weights"] = str(given.get("weights", ""))
    given.setdefault("learning_rate", LEARNING_RATES[optimizer])
    given.setdefault("momentum", MOMENTUM.get(optimizer, 0.0))
    recipe = Recipe(model or "", data=data, **given)
    _check(recipe)
    return recipe


def _one_of(what: str, name: str, known: Any) -> None:
    if name not in known:
        raise UnknownName(what, name, known, see=f"known: {', '.join(filter(None, known))}")


def _check(recipe: Recipe) -> None:
    """Refuse numbers that mean nothing."""
    least = {"epochs": 1, "batch": 2, "seed": 0, "signals": 0}
    for name, number in least.items():
        value = getattr(recipe, name)
        if value is not None and value < number:
            raise BadInput(f"{name} is a whole number from {number}, not {value}")
    size = recipe.image_size
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise BadInput(f"{'×'.join(map(str, size))} is no height and width of images")
    if recipe.seed >= _SEEDS:
        raise BadInput(f"a seed is below {_SEEDS:,}")
    for name in ("learning_rate", "momentum", "weight_decay"):
        value = getattr(recipe, name)
        if not isfinite(value) or value < 0 or (name == "learning_rate" and not value):
            raise BadInput(f"{name.replace('_', ' ')} {value:g} cannot be")
    for name in ("dropout", "label_smoothing"):
        value = getattr(recipe, name)
        if not 0 <= value < 1:
            raise BadInput(f"{name.replace('_', ' ')} is a part from 0 to below 1, not {value:g}")
    for parts, epoch in recipe.unfreeze:
        if not 2 <= epoch <= recipe.epochs:
            raise BadInput(
                f"--unfreeze '{parts}' at epoch {epoch}: an epoch from 2 to {recipe.epochs}"
            )
