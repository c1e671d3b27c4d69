"""A context in which a model may be run, changed and moved, and after which it is as it was.

Restored: every module's attributes (training flags, hooks, plain values, lists and dicts), its
parameters and buffers as objects and values, the random number generators. A forward that changes
an object of its own making is beyond this.
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

T = TypeVar("T")

_PLAIN = (Tensor, nn.Parameter)
_UNCHANGING = frozenset({bool, int, float, str, type(None)})
"""Types of most attributes: such a value can stand in for itself."""
_REGISTERS = ("_parameters", "_buffers", "_modules")


@contextmanager
def left_as_found(model: nn.Module, device: torch.device | None) -> Iterator[None]:
    """Lend `model` out on `device` (None: where it is) and put it back on leaving.

    Parameters, buffers, lists and dicts are replaced by copies, so what is written into them
    (statistics, a merged weight, a cache) is dropped with them. On meta they take no memory.
    """
    modules = list(model.modules())
    scripted = [m for m in modules if isinstance(m, torch.jit.ScriptModule)]
    saved = [
        (module, dict(vars(module)), [dict(vars(module)[name]) for name in _REGISTERS])
        for module in modules
        if not isinstance(module, torch.jit.ScriptModule)
    ]
    saved_scripted = [
        (m, dict(vars(m)), is_training(m), [dict(r.items()) for r in _tensors(m)]) for m in scripted
    ]
    with ExitStack() as restore:
        restore.enter_context(same_random_numbers())
        restore.callback(_put_back_scripted, saved_scripted)
        restore.callback(_put_back, saved)
        copies: dict[int, Any] = {}
        for module, attributes, _ in saved:
            _lend(module, attributes, device, copies)
        for module, _, _, registers in saved_scripted:
            for register, entries in zip(_tensors(module), registers, strict=True):
                for name, tensor in entries.items():
                    register[name] = _lent(tensor, device, copies)
        yield


def _put_back(saved: list[tuple[nn.Module, dict[str, Any], list[dict[str, Any]]]]) -> None:
    for module, attributes, registers in saved:
        vars(module).clear()
        vars(module).update(attributes)
        for name, entries in zip(_REGISTERS, registers, strict=True):
            register = vars(module)[name]
            register.clear()
            register.update(entries)


def _tensors(module: nn.Module) -> tuple[Any, Any]:
    """Parameters and buffers; TorchScript wraps them so that they can be set but not removed."""
    return module._parameters, module._buffers


def is_training(module: nn.Module) -> bool:
    """Whether a module is in train mode; a frozen TorchScript module has no mode."""
    return bool(getattr(module, "training", False))


def _put_back_scripted(
    saved: Sequence[tuple[nn.Module, dict[str, Any], bool, list[dict[str, Any]]]],
) -> None:
    for module, attributes, training, registers in saved:
        vars(module).clear()
        vars(module).update(attributes)
        if is_training(module) != training:  # the flag is no attribute of Python's
            module.training = training
        for register, entries in zip(_tensors(module), registers, strict=True):
            for name, tensor in entries.items():
                register[name] = tensor


def _lend(
    module: nn.Module,
    attributes: dict[str, Any],
    device: torch.device | None,
    copies: dict[int, Any],
) -> None:
    for register in _tensors(module):
        for name, tensor in register.items():
            register[name] = _lent(tensor, device, copies)
    lent_out = vars(module)
    for name, value in attributes.items():
        if name not in _REGISTERS and type(value) not in _UNCHANGING:
            lent_out[name] = _lent(value, device, copies)


def _lent(value: Any, device: torch.device | None, copies: dict[int, Any]) -> Any:
    """What stands in for a value: one copy of each tensor, so that tied weights stay tied.

    Lists, tuples and dicts are copied with the tensors in them; anything else, and a tensor of
    somebody's own class that is on the right device, stands in for itself.
    """
    if type(value) in _UNCHANGING or (
        type(value) is tuple and _UNCHANGING.issuperset(map(type, value))
    ):
        return value
    if id(value) in copies:
        return copies[id(value)]
    if isinstance(value, Tensor):
        is_here = device is None or value.device == device
        if is_here and type(value) not in _PLAIN and not is_lazy(value):
            return value
        copies[id(value)] = _copy(value, device or value.device)
    elif type(value) is tuple:
        copies[id(value)] = tuple([_lent(item, device, copies) for item in value])
    elif type(value) in (list, dict, set):
        copy = copies[id(value)] = value.copy()
        if isinstance(copy, list):
            copy[:] = [_lent(item, device, copies) for item in value]
        elif isinstance(copy, dict):
            copy.update((key, _lent(item, device, copies)) for key, item in value.items())
    return copies.get(id(value), value)


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


def lent(value: T) -> T:
    """A copy of the tensors in nested lists, tuples and dicts, for a model to write into."""
    copy: T = _lent(value, None, {})
    return copy


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
