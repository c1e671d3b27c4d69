"""What the actions do: a function for each name in `ACTIONS`, which takes the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

METHODS: dict[str, Callable[..., object]] = {}
"""The function for each action, by its name without arguments."""


def does(name: str) -> Callable[[F], F]:
    """Make a function what the action of that name does."""

    def register(function: F) -> F:
        if name in METHODS:
            raise ValueError(f"two functions do {name}")
        METHODS[name] = function
        return function

    return register
