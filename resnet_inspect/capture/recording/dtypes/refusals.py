"""What the CPU refuses: an operation is run there once, on tensors of one element each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError)

_ONES = frozenset(
    [
        *("groups", "group", "num_groups", "normalized_shape", "N", "C", "HxW"),
        *("kernel_size", "stride", "dilation", "output_size"),
    ]
)
_ZEROS = frozenset({"padding", "output_padding", "pad"})
"""Arguments of operations that must fit tensors of one element."""


class Checking(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Asks the CPU about the types of every operation that a function is made of."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.refusal: BaseException | None = None
        """What was raised last because the CPU would raise it."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.check(func, args, kwargs or {})
        return func(*args, **(kwargs or {}))

    def check(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Raise what the CPU raises for tensors of these types."""
        try:
            refused = _refusal(func, _small(func, args, kwargs))
        except TypeError:  # an argument that cannot be a key
            refused = None
        if refused is not None:
            kind, words = refused
            self.refusal = kind(words)
            raise self.refusal


@dataclass(frozen=True, slots=True)
class _One:
    """A tensor of one element, in the key of an operation."""

    dtype: torch.dtype
    shape: tuple[int, ...]


def _small(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """The arguments of an operation by name, each tensor as small as it can be."""
    names = [argument.name for argument in func._schema.arguments]
    given = (*zip(names, args, strict=False), *kwargs.items())
    return tuple((name, _small_value(name, value)) for name, value in given)


def _small_value(name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        shape = (1,) * value.dim()
        if name == "grid":  # of sampling: its last dimension are coordinates
            shape = (*shape[:-1], value.dim() - 2)
        return _One(value.dtype, shape)
    if isinstance(value, list | tuple):
        return tuple(_small_value(name, item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = int(value)
        if name in _ONES or name in _ZEROS:
            return int(name in _ONES)
    return torch.device("cpu") if isinstance(value, torch.device) else value


@cache
def _refusal(func: Any, small: tuple[Any, ...]) -> tuple[type[Exception], str] | None:
    """What the CPU raises for these types and not for others; None if it takes them."""
    raised = _raised(func, small, lambda dtype: dtype)
    if raised is None:
        return None
    others: tuple[Callable[[torch.dtype], torch.dtype], ...] = (
        lambda dtype: torch.float32,
        lambda dtype: torch.float32 if dtype.is_floating_point else torch.int64,
    )
    if all(_raised(func, small, other) is not None for other in others):
        return None  # not for its types
    return type(raised), str(raised)


def _raised(
    func: Any, small: tuple[Any, ...], of: Callable[[torch.dtype], torch.dtype]
) -> Exception | None:
    is_pointwise = torch.Tag.pointwise in func.tags

    def made(value: Any) -> Any:
        if isinstance(value, _One):
            # An index must be 0; what is divided by must not.
            fill = int(value.dtype.is_floating_point or is_pointwise)
            return torch.full(value.shape, fill, dtype=of(value.dtype), device="cpu")
        return [made(item) for item in value] if isinstance(value, tuple) else value

    try:
        with torch.no_grad(), torch._C._DisableAutocast(), alone():
            func(**{name: made(value) for name, value in small})
    except _REFUSALS as error:
        return error
    return None


@contextmanager
def alone() -> Iterator[None]:
    """A context without the device, and the modes, of whoever runs the network."""
    with torch._C.DisableTorchFunction(), torch.utils._python_dispatch._disable_current_modes():
        yield
