"""What the actions do: a function for each name in `ACTIONS`, which takes the app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.worker import Worker

from resnet_inspect.tui.screens.dialog import Once

if TYPE_CHECKING:
    from resnet_inspect.tui.app import Explorer

_TURNS = 3
"""Turns of the loop in which a worker has opened its dialog, if it does."""

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


def keeping_order(function: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
    """The action as a method of the app; where it opens a dialog, the next key is of that."""

    @wraps(function)
    async def act(app: Explorer, *arguments: Any) -> None:
        before, made = app.screen, function(app, *arguments)
        if isawaitable(made):
            await made
        for _ in range(_TURNS):
            if isinstance(made, Worker) and app.screen is before:
                await asyncio.sleep(0)
        if app.is_running and isinstance(app.screen, Once):
            await app.screen.until_it_takes_keys()

    return act
