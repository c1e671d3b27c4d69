"""What is wrapped around a network, DataParallel and torch.compile, and how it comes off."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from resnet_inspect.capture.members import check_made
from resnet_inspect.errors import UntraceableModel


def unwrapped(model: nn.Module) -> tuple[nn.Module, list[str]]:
    """The network inside DataParallel and torch.compile, and a note for each wrapper taken off.

    Raises `UntraceableModel` if it is TorchScript, or has a module that is not made ready.
    """
    notes = []
    while (inner := within(model)) is not None:
        notes.append(
            "torch.compile: the module was traced uncompiled"
            if is_compiled(model)
            else f"{type(model).__name__}: the module inside was traced, on one device"
        )
        model = inner
    if isinstance(model, torch.jit.ScriptModule):
        raise UntraceableModel(
            "a TorchScript model runs outside Python, where no layer can be watched",
            hint="trace the nn.Module that it was made from",
        )
    check_made(model)
    return model, notes


def within(wrapper: nn.Module) -> nn.Module | None:
    """The module inside DataParallel or torch.compile; None of what is neither."""
    inner: nn.Module | None = None
    if isinstance(wrapper, nn.DataParallel | nn.parallel.DistributedDataParallel):
        inner = wrapper.module
    elif is_compiled(wrapper):
        inner = wrapper._orig_mod  # type: ignore[assignment]
    return inner


def is_compiled(model: nn.Module) -> bool:
    """Whether it is what `torch.compile` makes of a module."""
    return type(model).__name__ == "OptimizedModule" and hasattr(model, "_orig_mod")


def compiled_around(model: nn.Module) -> nn.Module | None:
    """What `torch.compile` made of the network itself, with nothing else in between."""
    around: nn.Module | None = None
    while (inner := within(model)) is not None:
        around, model = model, inner
    return around if around is not None and is_compiled(around) else None


def eagerly() -> AbstractContextManager[Any]:
    """A context in which compiled parts run uncompiled, so that their hooks are called."""
    if "torch._dynamo" in sys.modules:
        stance: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
        return stance
    return nullcontext()


def runnable(found: Any) -> Any:
    """The module of a program that `torch.export` made; anything else is what it is."""
    is_program = type(found).__name__ == "ExportedProgram" and hasattr(found, "graph_module")
    return found.module() if is_program else found
