"""A network that is lent out, and the random number generators as it found them."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from resnet_inspect.capture.members import is_training, modules
from resnet_inspect.capture.recording.restoration.loan import Loan


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
