"""The tensors among what a call was given and what it gave, each with a label: where it stood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.traces.tensors import Shape

_COLLECTIONS: tuple[Any, ...] = (list, tuple, set, frozenset)
_DEEPEST = 8
"""How far nested arguments and results are searched for tensors."""


def arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """The tensors among a call's arguments, each with a label that says where it stood."""
    if len(args) == 1 and not kwargs:
        return list(tensors_in(args[0]))
    found = [pair for i, value in enumerate(args) for pair in tensors_in(value, str(i))]
    found += [pair for name, value in kwargs.items() for pair in tensors_in(value, name)]
    return found


def first_shape(given: Sequence[tuple[str, Tensor]]) -> Shape:
    """The shape of a call's first tensor; () where it has none, or a nested one."""
    if not given or given[0][1].is_nested:
        return ()
    return tuple(map(int, given[0][1].shape))


def tensors_in(value: Any, label: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested lists, tuples, dicts, dataclasses and plain objects, with labels."""
    if isinstance(value, Tensor):
        yield label, value
        return
    if value is None or isinstance(value, str | bytes | int | float | bool) or depth == _DEEPEST:
        return
    try:
        items = _items(value)
    except Exception:  # of a class of the user's
        return
    for name, item in items:
        yield from tensors_in(item, f"{label}.{name}" if label else name, depth + 1)


def _items(value: Any) -> list[tuple[str, Any]]:
    """What is in a list, tuple, dict, dataclass or plain object, with its index or name."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    for base in _COLLECTIONS:  # whose own iteration is not asked for: it may be the user's
        if issubclass(type(value), base):
            return [(str(i), item) for i, item in enumerate(base.__iter__(value))]
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name, None)) for f in fields(value)]
    if hasattr(value, "__dict__") and not isinstance(value, type | nn.Module | torch.dtype):
        return [(name, item) for name, item in vars(value).items() if isinstance(item, Tensor)]
    return []
