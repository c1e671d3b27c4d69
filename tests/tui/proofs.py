"""Proofs of what actions and keys do, as seen on the screen; one that has none fails the suite.

What depends on the room that there is is proved at three sizes, the rest at the smallest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from driving import SIZES, KeptOpen, Keys

from resnet_inspect.tui.actions.families import METHODS
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import ACTIONS, Action

Proof = Callable[[Explorer, Keys, str], Awaitable[None]]
"""Presses a key, sees what it did, and puts it back."""

LAID_OUT = {
    "filter", "heat", "columns", "flat", "compare", "pane(1)", "pane(2)", "pane(3)", "full",
    "resize(-2)", "resize(2)", "help",
}  # fmt: skip
"""Actions that look otherwise where there is more room."""


class Proofs(dict[str, Proof]):
    """Proofs by the names of actions."""

    def of(self, *actions: str) -> Callable[[Proof], Proof]:
        """Marks the proof of these actions."""

        def register(proof: Proof) -> Proof:
            self.update(dict.fromkeys(actions, proof))
            return proof

        return register

    def prove(self, kept_open: KeptOpen, action: Action) -> None:
        """Prove an action with each of its keys."""
        assert action.name in self, f"{action.name} has no proof here"
        for key in asked_of(kept_open, action.keys):
            kept_open.run(lambda app, pilot, key=key: self[action.name](app, pilot, key))


def actions_of(family: str) -> list[Action]:
    """The actions whose functions are in a module of `tui.actions`."""
    module = f"resnet_inspect.tui.actions.{family}"
    found = [(action, METHODS.get(action.name.partition("(")[0])) for action in ACTIONS]
    return [action for action, does in found if does is not None and does.__module__ == module]


def of_each(actions: list[Action]) -> Any:
    """Runs a test of `kept_open` and `action` with each of these."""
    cases = [
        pytest.param(size, action, id=f"{size_name(size)}-{action.name}")
        for size in SIZES
        for action in actions
        if size == SIZES[0] or action.name in LAID_OUT
    ]
    return pytest.mark.parametrize(("kept_open", "action"), cases, indirect=["kept_open"])


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def at_sizes(*sizes: tuple[int, int]) -> Any:
    """Runs a test of `kept_open` at these sizes."""
    return pytest.mark.parametrize("kept_open", sizes, ids=size_name, indirect=True)


def asked_of(kept_open: KeptOpen, keys: str) -> list[str]:
    """Every key of an action at the smallest size, where it is quickest; else its first."""
    every = keys.split(",")
    return every if kept_open.size == SIZES[0] else every[:1]
