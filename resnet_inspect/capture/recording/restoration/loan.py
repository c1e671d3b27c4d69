"""Values that are lent out and put back: tensors by copies, collections with what was in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from resnet_inspect.capture.recording.restoration.contents import (
    PutBack,
    base_of,
    noted,
    noted_numbers,
    places,
)

T = TypeVar("T")

_PLAIN = (Tensor, nn.Parameter)
_UNCHANGING = frozenset({bool, int, float, str, type(None)})
"""Types of most attributes: such a value can stand in for itself."""


class Loan:
    """Values that are lent out until this context is left, when what they hold is put back."""

    def __init__(self) -> None:
        self._copies: dict[int, Any] = {}
        self._lent: list[Any] = []
        self._put_back: list[PutBack] = []
        self._waiting: list[tuple[Any, Any]] = []

    def __enter__(self) -> Loan:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            while self._put_back:
                self._put_back.pop()()
        finally:  # all of it, also after one at which the user interrupts
            if self._put_back:
                self.__exit__()

    def of(self, value: T, device: torch.device | None = None) -> T:
        """What stands in for a value: one copy of each tensor, so that tied weights stay tied.

        Collections stand for themselves, with such copies in them; so does anything else, and a
        tensor of somebody's own class that is on the right device.
        """
        lent: T = self._of(value, device)
        while self._waiting:  # collections in collections, however deep
            base, collection = self._waiting.pop()
            for place, item in places(base, collection):
                stand_in = self._of(item, device)
                if stand_in is not item:
                    base.__setitem__(collection, place, stand_in)
        return lent

    def _of(self, value: Any, device: torch.device | None) -> Any:
        kind = type(value)
        if kind in _UNCHANGING or (kind is tuple and _UNCHANGING.issuperset(map(type, value))):
            return value
        if id(value) in self._copies:
            return self._copies[id(value)]
        base = base_of(value)
        if issubclass(kind, Tensor):
            is_here = device is None or value.device == device
            if is_here and kind not in _PLAIN and not is_lazy(value):
                return value
            return self._keep(value, _copy(value, device or value.device))
        if issubclass(kind, tuple):
            items = tuple([self._of(item, device) for item in tuple.__iter__(value)])
            return self._keep(value, items if kind is tuple else value)
        if base is None:
            put_back = noted_numbers(value)
            if put_back is not None:
                self._put_back.append(put_back)
                self._keep(value, value)
            return value
        self._put_back.append(noted(base, value))
        self._waiting.append((base, value))
        return self._keep(value, value)

    def _keep(self, value: Any, stand_in: Any) -> Any:
        """Remember both: an id is another's when its object is gone."""
        self._lent.append(value)
        self._copies[id(value)] = stand_in
        return stand_in


def _copy(tensor: Tensor, target: torch.device) -> Tensor:
    if is_lazy(tensor):
        return like_lazy(tensor, target)
    data = tensor.detach()
    if tensor.is_meta and target.type != "meta":
        copy = torch.zeros_like(data, device=target)
    elif target.type == "meta" or tensor.device != target:
        copy = data.to(target)
    else:
        copy = data.clone()
    if isinstance(tensor, nn.Parameter):
        copy = nn.Parameter(copy, requires_grad=tensor.requires_grad)
    vars(copy).update(vars(tensor))
    return copy


def like_lazy(tensor: Tensor, device: torch.device) -> Tensor:
    """Another parameter or buffer of a lazy layer, without a shape too."""
    lazy: Callable[[bool, torch.device, torch.dtype], Tensor] = type(tensor)
    return lazy(tensor.requires_grad, device, tensor.dtype)
