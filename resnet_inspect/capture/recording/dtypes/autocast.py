"""What autocast does on a device: seen from a run without numbers.

Torch calls what it is run on fake tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from resnet_inspect.capture.recording.dtypes.refusals import alone

_DEVICES = ("cpu", "cuda", "xpu", "mps", "hpu")
"""Devices that have an autocast of their own."""


def as_autocast_takes(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments, in the type that autocast on a device computes this function in."""
    device = next((name for name in _DEVICES if torch.is_autocast_enabled(name)), None)
    dtypes = [tensor.dtype for tensor in _tensors((args, kwargs))]
    if device is None or not any(dtype.is_floating_point for dtype in dtypes):
        return args, kwargs
    target = _computed_in(function, args, kwargs, device, tuple(dtypes))
    if target is None:
        return args, kwargs

    def cast(tensor: Tensor) -> Tensor:
        is_cast = tensor.is_floating_point() and tensor.dtype != torch.float64
        return tensor.to(target) if is_cast else tensor

    given: tuple[tuple[Any, ...], Mapping[str, Any]] = _mapped((args, kwargs), cast)
    return given


_known: dict[tuple[Any, ...], torch.dtype | None] = {}


def _computed_in(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    device: str,
    dtypes: tuple[torch.dtype, ...],
) -> torch.dtype | None:
    """The type that autocast makes a function's result have; None if it leaves it as it is."""
    asked = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.dtype)]
    key = (function, device, torch.get_autocast_dtype(device), dtypes, *asked)
    if key not in _known:
        _known[key] = None
        cast, result = _run_without_numbers(function, args, kwargs, device)
        with torch._C._DisableAutocast():
            uncast, _ = _run_without_numbers(function, args, kwargs, device)
        if cast != uncast and result is not None:
            _known[key] = result
    return _known[key]


class _Types(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the types that operations are given."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.noted: list[tuple[torch.dtype, ...]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.noted.append(tuple(tensor.dtype for tensor in _tensors((args, kwargs))))
        return func(*args, **(kwargs or {}))


def _run_without_numbers(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], device: str
) -> tuple[list[tuple[torch.dtype, ...]], torch.dtype | None]:
    """The types that a function's operations are given on a device, and its floating result's."""
    types, fakes = _Types(), _fakes()
    try:
        with alone(), fakes:

            def fake(tensor: Tensor) -> Tensor:
                shape, stride = tensor.shape, tensor.stride()
                return torch.empty_strided(shape, stride, dtype=tensor.dtype, device=device)

            args, kwargs = _mapped((args, kwargs), fake)
            with types:
                made = list(_tensors(function(*args, **kwargs)))
    except Exception:
        return [], None
    return types.noted, next((t.dtype for t in made if t.is_floating_point()), None)


@cache
def _fakes() -> AbstractContextManager[Any]:
    """Tensors without numbers that act as if they were on a device; costly to import."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    mode: AbstractContextManager[Any] = FakeTensorMode()
    return mode


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(_mapped(item, change) for item in value)
    if type(value) is dict:
        return {key: _mapped(item, change) for key, item in value.items()}
    return value
