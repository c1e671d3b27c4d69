"""A context in which a model may be run, changed and moved, and after which it is as it was.

Restored: every module's attributes (training flags, hooks, plain values, lists and dicts), its
parameters and buffers as objects, buffer values, the random number generators. A forward that
changes a parameter in place, or an object of its own making, is beyond this.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

_REGISTERS = ("_parameters", "_buffers", "_modules")


@contextmanager
def left_as_found(model: nn.Module, device: torch.device | None) -> Iterator[None]:
    """Lend `model` out on `device` (None: where it is) and put it back on leaving.

    Buffers, lists and dicts are replaced by copies, so what the forward writes into them is
    dropped with them. On another device, parameters are replaced by copies there; on meta these
    take no memory.
    """
    modules = list(model.modules())
    scripted = [m for m in modules if isinstance(m, torch.jit.ScriptModule)]
    saved = [
        (module, dict(vars(module)), [dict(vars(module)[name]) for name in _REGISTERS])
        for module in modules
        if not isinstance(module, torch.jit.ScriptModule)
    ]
    saved_scripted = [(m, m.training, [dict(r.items()) for r in _tensors(m)]) for m in scripted]
    with ExitStack() as restore:
        restore.enter_context(same_random_numbers())
        restore.callback(_put_back_scripted, saved_scripted)
        restore.callback(_put_back, saved)
        copies: dict[int, Any] = {}
        for module, attributes, _ in saved:
            _lend(module, attributes, device, copies)
        for module, _, registers in saved_scripted:
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


def _put_back_scripted(saved: list[tuple[nn.Module, bool, list[dict[str, Any]]]]) -> None:
    for module, training, registers in saved:
        if module.training != training:  # a frozen one cannot be set, and has not been
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
    for name, value in attributes.items():
        if name not in _REGISTERS:
            vars(module)[name] = _lent(value, device, copies)


def _lent(value: Any, device: torch.device | None, copies: dict[int, Any]) -> Any:
    """What stands in for a value: one copy of each tensor, so that tied weights stay tied.

    Lists and dicts are copied with the tensors in them; a parameter on the right device and
    anything else stands in for itself.
    """
    if id(value) in copies:
        return copies[id(value)]
    if isinstance(value, Tensor):
        is_here = device is None or value.device == device
        if isinstance(value, nn.Parameter) and is_here:
            return value
        copies[id(value)] = _copy(value, device or value.device)
    elif type(value) in (list, set):
        copies[id(value)] = type(value)(_lent(item, device, copies) for item in value)
    elif type(value) is tuple and any(isinstance(item, Tensor) for item in value):
        copies[id(value)] = tuple(_lent(item, device, copies) for item in value)
    elif type(value) is dict:
        copies[id(value)] = {key: _lent(item, device, copies) for key, item in value.items()}
    return copies.get(id(value), value)


def _copy(tensor: Tensor, target: torch.device) -> Tensor:
    trainable = {"requires_grad": tensor.requires_grad} if isinstance(tensor, nn.Parameter) else {}
    if is_lazy(tensor):
        return type(tensor)(device=target, dtype=tensor.dtype, **trainable)
    data = tensor.detach()
    if tensor.is_meta and target.type != "meta":
        copy = torch.zeros_like(data, device=target)
    elif target.type == "meta" or tensor.device != target:
        copy = data.to(target)
    else:
        copy = data.clone()
    return nn.Parameter(copy, **trainable) if trainable else copy


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
