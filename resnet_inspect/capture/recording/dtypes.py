"""What a real device makes of element types, for a forward on meta.

Meta computes shapes and asks little: it convolves float64 with float32, and autocast passes it by.
Here the CPU is asked instead. What an operation does with some types does not hang on sizes, so the
operation itself is run there once, on tensors of one element each; and what autocast does is seen
from a run without numbers, which torch calls fake tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_FLOATS = frozenset({torch.float32, torch.float16, torch.bfloat16, torch.float64})
"""What a network computes in. Every operation takes tensors that are all of one of these."""

_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError)

_ONES = frozenset(
    [
        *("groups", "group", "num_groups", "normalized_shape", "N", "C", "HxW"),
        *("kernel_size", "stride", "dilation", "output_size"),
    ]
)
_ZEROS = frozenset({"padding", "output_padding", "pad"})
"""Arguments of operations that must fit tensors of one element."""

_WHOLE: dict[Any, Any] = dict.fromkeys(
    (torch.max_pool1d, torch.nn.functional.max_pool1d), torch.ops.aten.max_pool1d.default
)
"""Functions that the CPU computes in one piece, where meta takes them apart."""

_DEVICES = ("cpu", "cuda", "xpu", "mps", "hpu")
"""Devices that have an autocast of their own."""


class AsOnADevice:
    """Runs functions on meta as a device would: refusals and autocast included."""

    def __init__(self) -> None:
        self.refusal: BaseException | None = None
        """What was raised last because a device would raise it."""
        self._checking = _Checking(self)

    def run(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """What the function gives; raises what the CPU raises for tensors of these types."""
        if getattr(function, "__name__", "") == "__get__":
            return function(*args, **kwargs)
        if torch._C._is_any_autocast_enabled():
            args, kwargs = _as_autocast_takes(function, args, kwargs)
        if _are_of_one_float(args, kwargs):
            return function(*args, **kwargs)
        with self._checking:
            if function in _WHOLE:
                self._checking.check(
                    _WHOLE[function], (args[0] if args else kwargs["input"], 1), {}
                )
            return function(*args, **kwargs)


def _are_of_one_float(args: Iterable[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether all tensors that a function is given have one floating type."""
    seen = None
    for value in (*args, *kwargs.values()) if kwargs else args:
        for tensor in value if isinstance(value, list | tuple) else (value,):
            if isinstance(tensor, Tensor) and tensor.dtype is not seen:
                if seen is not None or tensor.dtype not in _FLOATS:
                    return False
                seen = tensor.dtype
    return True


# -- refusals ------------------------------------------------------------------------------------


class _Checking(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Asks the CPU about the types of every operation that a function is made of."""

    def __init__(self, told: AsOnADevice) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._told = told

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
            self._told.refusal = kind(words)
            raise self._told.refusal


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
        with torch.no_grad(), torch._C._DisableAutocast(), _alone():
            func(**{name: made(value) for name, value in small})
    except _REFUSALS as error:
        return error
    return None


@contextmanager
def _alone() -> Iterator[None]:
    """A context without the device, and the modes, of whoever runs the network."""
    with torch._C.DisableTorchFunction(), torch.utils._python_dispatch._disable_current_modes():
        yield


# -- autocast ------------------------------------------------------------------------------------


def _as_autocast_takes(
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
        with _alone(), fakes:

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
