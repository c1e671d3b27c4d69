"""What torch's functions are called, and what their names say of how they work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

NOT_IN_PLACE = frozenset({"__invert__", "__index__", "__int__"})
"""Methods that begin as the augmented assignments do (`__iadd__`) and are none."""


def function_name(function: Callable[..., Any]) -> str:
    """The plain name of a function or method: `add` for `Tensor.__iadd__` and `torch.add_`.

    Of an operator in what `torch.export` made, "conv2d".
    """
    if isinstance(function, torch._ops.OpOverload):
        return function_name(function.overloadpacket)
    name = getattr(function, "__name__", None) or type(function).__name__
    if name in {"__get__", "__set__"}:
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    if name == "__call__":
        name = str(getattr(function, "__self__", name)).split(".")[-1]
    stripped = name.strip("_")
    if name.startswith("__i") and name not in NOT_IN_PLACE:
        stripped = stripped[1:]
    if name.startswith("__r") and name not in {"__rshift__", "__repr__", "__round__"}:
        stripped = stripped[1:]
    plain = {"truediv": "div", "getitem": "slice", "iadd": "add", "boolean_dispatch": "pool"}
    return plain.get(stripped, stripped or name)


def works_in_place(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a function works in place, by torch's rule for names: `add_`, `__iadd__`, inplace.

    For tensors whose changes torch does not count.
    """
    name = getattr(function, "__name__", "")
    if name.startswith("__"):
        augmented = name.startswith("__i") and name not in NOT_IN_PLACE
        return augmented or name == "__setitem__"
    return name.endswith("_") or bool(kwargs.get("inplace"))
