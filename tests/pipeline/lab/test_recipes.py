"""A recipe from what is asked for: what is left out is filled in, what cannot be is refused."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.pipeline.lab.recipes import recipe_of
from resnet_inspect.traces.run import LEARNING_RATES, MOMENTUM, Recipe


def test_what_is_not_asked_for_is_as_usual() -> None:
    assert recipe_of("resnet18", "digits", epochs=None, seed=None) == Recipe(
        "resnet18", data="digits", learning_rate=0.1, momentum=0.9
    )
    assert recipe_of(None, "digits").model == ""


@pytest.mark.parametrize("optimizer", LEARNING_RATES)
def test_each_optimizer_has_a_learning_rate_and_momentum_of_its_own(optimizer: str) -> None:
    usual = recipe_of("resnet18", "digits", optimizer=optimizer)
    assert usual.learning_rate == LEARNING_RATES[optimizer]
    assert usual.momentum == MOMENTUM.get(optimizer, 0.0)
    assert (
        recipe_of("resnet18", "digits", optimizer=optimizer, learning_rate=3.0).learning_rate == 3
    )
    if optimizer in MOMENTUM:
        assert recipe_of("resnet18", "digits", optimizer=optimizer, momentum=0.0).momentum == 0
    else:
        with pytest.raises(BadInput, match=f"{optimizer} has no momentum") as refused:
            recipe_of("resnet18", "digits", optimizer=optimizer, momentum=0.0)
        assert refused.value.hint == "sgd and rmsprop have one"


def test_what_is_asked_for_becomes_plain_data() -> None:
    recipe = recipe_of(
        "resnet18", "digits",
        arguments={"num_classes": 7, "norm": None}, image_size=32, unfreeze=[["stage 2", 3]],
    )  # fmt: skip
    assert recipe.arguments == (("num_classes", "7"), ("norm", "None"))
    assert recipe.image_size == (32, 32)
    assert recipe.unfreeze == (("stage 2", 3),)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs is a whole number from 1, not 0"),
        ({"batch": 1}, "batch is a whole number from 2, not 1"),  # a batch norm needs two
        ({"seed": -1}, "seed is a whole number from 0, not -1"),
        ({"seed": 2**32}, "a seed is below 4,294,967,296"),
        ({"signals": -1}, "signals is a whole number from 0, not -1"),
        ({"image_size": (8, 0)}, "8×0 is no height and width"),
        ({"image_size": (8, 8, 8)}, "8×8×8 is no height and width"),
        ({"learning_rate": 0.0}, "learning rate 0 cannot be"),
        ({"learning_rate": float("nan")}, "learning rate nan cannot be"),
        ({"momentum": -0.1}, "momentum -0.1 cannot be"),
        ({"weight_decay": float("inf")}, "weight decay inf cannot be"),
        ({"dropout": 1.0}, "dropout is a part from 0 to below 1, not 1"),
        ({"label_smoothing": -0.5}, "label smoothing is a part from 0 to below 1, not -0.5"),
        ({"epochs": 5, "unfreeze": [("head", 1)]}, "at epoch 1: an epoch from 2 to 5"),
        ({"epochs": 5, "unfreeze": [("head", 6)]}, "at epoch 6: an epoch from 2 to 5"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        recipe_of("resnet18", "digits", **options)
    assert words in refused.value.message


def test_the_ends_of_each_range_are_in_it() -> None:
    recipe = recipe_of(
        "resnet18", "digits", epochs=2, batch=2, seed=2**32 - 1, signals=0, image_size=(1, 1),
        momentum=0.0, weight_decay=0.0, dropout=0.0, label_smoothing=0.999, unfreeze=[("head", 2)],
    )  # fmt: skip
    assert (recipe.epochs, recipe.seed, recipe.signals) == (2, 2**32 - 1, 0)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"optimizer": "sdg"}, "did you mean sgd?"),
        ({"schedule": "cosin"}, "did you mean cosine?"),
        ({"stem": "mnist"}, "known: cifar"),
        ({"epoch": 3}, "did you mean epochs?"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(options: dict[str, Any], hint: str) -> None:
    with pytest.raises(UnknownName) as refused:
        recipe_of("resnet18", "digits", **options)
    assert hint in refused.value.hint
