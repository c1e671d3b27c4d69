"""A recipe from what is asked for: what is left out is filled in, what cannot be is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.run import LEARNING_RATES, MOMENTUM, SCHEDULES, Recipe


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
    given["weights"] = str(given.get("weights", ""))
    given.setdefault("learning_rate", LEARNING_RATES[optimizer])
    given.setdefault("momentum", MOMENTUM.get(optimizer, 0.0))
    recipe = Recipe(model or "", data=data, **{k: v for k, v in given.items() if k != "data"})
    _check(recipe)
    return recipe


def _one_of(what: str, name: str, known: Any) -> None:
    if name not in known:
        raise UnknownName(what, name, known, see=f"known: {', '.join(filter(None, known))}")


def _check(recipe: Recipe) -> None:
    """Refuse numbers that mean nothing."""
    least = {"epochs": 1, "batch": 1, "seed": 0, "signals": 0}
    for name, number in least.items():
        value = getattr(recipe, name)
        if value is not None and value < number:
            raise BadInput(f"{name} is a whole number from {number}, not {value}")
    if recipe.batch < 2:
        raise BadInput("a batch of 1 has no variance for a norm", hint="--batch 2 or more")
    for name in ("learning_rate", "momentum", "weight_decay"):
        value = getattr(recipe, name)
        if not isfinite(value) or value < 0 or (name == "learning_rate" and not value):
            raise BadInput(f"{name.replace('_', ' ')} {value:g} cannot be")
    for name in ("dropout", "label_smoothing"):
        value = getattr(recipe, name)
        if not 0 <= value < 1:
            raise BadInput(f"{name.replace('_', ' ')} is a part from 0 to below 1, not {value:g}")
    if recipe.unfreeze and not recipe.freeze:
        raise BadInput("--unfreeze without --freeze: nothing is frozen")
    for parts, epoch in recipe.unfreeze:
        if not 2 <= epoch <= recipe.epochs:
            raise BadInput(
                f"--unfreeze '{parts}' at epoch {epoch}: an epoch from 2 to {recipe.epochs}"
            )
