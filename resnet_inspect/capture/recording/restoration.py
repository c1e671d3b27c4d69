"""A context in which a model may be run, changed and moved, and after which it is as it was.

Restored: every module's attributes (training flags, hooks, plain values), its parameters and
buffers as objects and values, what is in its collections and theirs, the random number generators.
A forward that changes an object of its own class is beyond this, as is what it changes of torch.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from resnet_inspect.capture.members import is_training, modules
from resnet_inspect.capture.recording.contents import (
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


@contextmanager
def left_as_found(model: nn.Module, device: torch.device | None) -> Iterator[Loan]:
    """Lend `model` out on `device` (None: where it is) and put it back on leaving.

    Parameters, buffers and other tensors are replaced by copies, so what is written into them
    (statistics, a merged weight) is dropped with them. On meta they take no memory. Yields what
    lends other values out.
    """
    every = modules(model)
    scripted = [module for module in every if isinstance(module, torch.jit.ScriptModule)]
    with ExitStack() as restore:
        restore.enter_context(same_random_numbers())
        loan = restore.enter_context(Loan())
        for module in every:
            if not isinstance(module, torch.jit.ScriptModule):
                loan.of(vars(module), device)
        restore.callback(_put_back_scripted, [_saved(module) for module in scripted])
        for module in scripted:
            for register in _tensors(module):
                for name, tensor in register.items():
                    register[name] = loan.of(tensor, device)
        yield loan


@contextmanager
def room_for_hooks() -> Iterator[None]:
    """Let calls be nested twice as deep, since around each module's own call stand those of hooks.

    Afterwards the limit is what it was, whatever the forward has made of it.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(2 * limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


_Saved = tuple[nn.Module, dict[str, Any], bool, list[dict[str, Tensor]]]


def _saved(module: nn.Module) -> _Saved:
    registers = [dict(register.items()) for register in _tensors(module)]
    return module, dict(vars(module)), is_training(module), registers


def _tensors(module: nn.Module) -> tuple[Any, Any]:
    """Parameters and buffers; TorchScript wraps them so that they can be set but not removed."""
    return module._parameters, module._buffers


def _put_back_scripted(saved: Sequence[_Saved]) -> None:
    for module, attributes, training, registers in saved:
        vars(module).clear()
        vars(module).update(attributes)
        if is_training(module) != training:  # the flag is no attribute of Python's
            module.training = training
        for register, entries in zip(_tensors(module), registers, strict=True):
            for name, tensor in entries.items():
                register[name] = tensor


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


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """Put back the state of every random number generator on leaving: torch, Python, numpy."""
    python_state = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy is not None else None
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    with ExitStack() as restore:
        restore.enter_context(torch.random.fork_rng(list(devices)))
        if torch.backends.mps.is_available():
            restore.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        restore.callback(random.setstate, python_state)
        if numpy is not None:
            restore.callback(numpy.random.set_state, numpy_state)
        yield
