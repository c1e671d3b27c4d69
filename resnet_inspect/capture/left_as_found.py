"""A context in which a model may be run, changed and moved, and after which it is as it was.

Restored: every module's attributes (training flags, hooks, plain values), its parameters and
buffers as objects, buffer values, the random number generators. A forward that changes the
contents of its own lists or dicts, or of a parameter in place, is beyond this.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

_REGISTERS = ("_parameters", "_buffers", "_modules")


@contextmanager
def left_as_found(model: nn.Module, device: torch.device | None) -> Iterator[None]:
    """Lend `model` out on `device` (None: where it is) and put it back on leaving.

    Buffers are replaced by copies, so statistics that the forward updates are dropped with them.
    On another device, parameters are replaced by copies there; on meta these take no memory.
    """
    saved = [
        (module, dict(vars(module)), [dict(vars(module)[name]) for name in _REGISTERS])
        for module in model.modules()
    ]
    with ExitStack() as restore:
        restore.enter_context(same_random_numbers())
        restore.callback(_put_back, saved)
        copies: dict[int, Tensor] = {}
        for module, attributes, _ in saved:
            _lend(module, attributes, device, copies)
        yield


def _put_back(saved: list[tuple[nn.Module, dict[str, Any], list[dict[str, Any]]]]) -> None:
    for module, attributes, registers in saved:
        vars(module).clear()
        vars(module).update(attributes)
        for name, entries in zip(_REGISTERS, registers, strict=True):
            register = vars(module)[name]
            register.clear()
            register.update(entries)


def _lend(
    module: nn.Module,
    attributes: dict[str, Any],
    device: torch.device | None,
    copies: dict[int, Tensor],
) -> None:
    parameters = vars(module)["_parameters"]
    for name, parameter in parameters.items():
        if parameter is not None and device is not None and parameter.device != device:
            parameters[name] = _copy(parameter, device, copies)
    buffers = vars(module)["_buffers"]
    for name, buffer in buffers.items():
        if buffer is not None:
            buffers[name] = _copy(buffer, device, copies)
    for name, value in attributes.items():
        if isinstance(value, Tensor):
            vars(module)[name] = _copy(value, device, copies)


def _copy(tensor: Tensor, device: torch.device | None, copies: dict[int, Tensor]) -> Tensor:
    """One copy for each tensor, so that tied weights stay tied."""
    copy = copies.get(id(tensor))
    if copy is None:
        target = device or tensor.device
        data = tensor.detach()
        if tensor.is_meta and target.type != "meta":
            copy = torch.zeros_like(data, device=target)
        elif target.type == "meta" or tensor.device != target:
            copy = data.to(target)
        else:
            copy = data.clone()
        if isinstance(tensor, nn.Parameter):
            copy = nn.Parameter(copy, requires_grad=tensor.requires_grad)
        copies[id(tensor)] = copy
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
