"""What may change inside an object that stays the same object: noted, and put back.

That is what Python's collections hold, also those of classes derived from them, whose code is not
run; the numbers of numpy's arrays; and the states of generators of random numbers.
"""

from __future__ import annotations

import random
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import torch

PutBack = Callable[[], object]

_MAPPINGS: tuple[Any, ...] = (OrderedDict, dict)
_FILL: dict[Any, Callable[[Any, Any], None]] = {
    list: list.extend, deque: deque.extend, set: set.update, bytearray: bytearray.extend,
}  # fmt: skip
_COLLECTIONS: tuple[Any, ...] = (*_MAPPINGS, *_FILL)


def base_of(value: object) -> Any:
    """Python's collection that a value is, or is derived from; None for what is none."""
    kind = type(value)  # of `isinstance` the value itself may be asked
    return next((base for base in _COLLECTIONS if issubclass(kind, base)), None)


def places(base: Any, value: Any) -> list[tuple[Any, Any]]:
    """What may be replaced in a collection, by index or key."""
    if base in _MAPPINGS:
        return list(base.items(value))
    return list(enumerate(base.__iter__(value))) if base in (list, deque) else []


def noted(base: Any, value: Any) -> PutBack:
    """What puts back the items that a collection has now."""
    before = _items(base, value)

    def put_back() -> None:
        now = _items(base, value)
        if len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True)):
            return
        base.clear(value)
        if base in _MAPPINGS:
            for key, item in zip(before[::2], before[1::2], strict=True):
                base.__setitem__(value, key, item)
        else:
            _FILL[base](value, before)

    return put_back


def _items(base: Any, value: Any) -> list[Any]:
    if base in _MAPPINGS:
        return [part for pair in base.items(value) for part in pair]
    return list(base.__iter__(value))


def noted_numbers(value: Any) -> PutBack | None:
    """What puts back a generator of random numbers or an array; None for another object."""
    kind = type(value)
    if issubclass(kind, random.Random):
        state = random.Random.getstate(value)
        return lambda: random.Random.setstate(value, state)
    if issubclass(kind, torch.Generator):
        drawn = value.get_state()
        return lambda: value.set_state(drawn)
    numpy = sys.modules.get("numpy")
    if numpy is not None and kind is numpy.ndarray and value.flags.writeable:
        numbers = value.copy()
        return lambda: numpy.copyto(value, numbers)
    if numpy is not None and kind is numpy.random.RandomState:
        legacy = value.get_state()
        return lambda: value.set_state(legacy)
    if numpy is not None and kind is numpy.random.Generator:
        of_bits = value.bit_generator.state
        return lambda: setattr(value.bit_generator, "state", of_bits)
    return None
