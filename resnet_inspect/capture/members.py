"""The modules of a network, and what they are and hold, from where torch keeps it.

What a class makes of `modules()`, `parameters()`, `__getattr__` or `__eq__` is not asked here, and
a network may hold itself: modules are told apart by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from resnet_inspect.errors import UntraceableModel
from resnet_inspect.traces.modules import PythonClass, join

_NAMES = 1000
"""Names of one module that are told, at most: modules that share modules may have any number."""


def registered(module: nn.Module, register: str) -> dict[str, Any]:
    """What torch keeps of a module in `_modules`, `_parameters` or `_buffers`, by name."""
    # TorchScript keeps them elsewhere; of another, a forward may have deleted them.
    is_scripted = isinstance(module, torch.jit.ScriptModule)
    kept = getattr(module, register) if is_scripted else vars(module).get(register, {})
    kind = nn.Module if register == "_modules" else Tensor
    return {str(name): value for name, value in kept.items() if isinstance(value, kind)}


def named_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Each module by each of its names, parents first; inside itself it is named, not entered."""
    names: dict[int, int] = {}
    entered: list[int] = []
    waiting = [(0, "", model)]
    while waiting:
        depth, path, module = waiting.pop()
        del entered[depth:]
        key = id(module)
        names[key] = names.get(key, 0) + 1
        if names[key] > _NAMES:
            continue
        yield path, module
        if key not in entered:
            entered.append(key)
            children = registered(module, "_modules").items()
            waiting += [(depth + 1, join(path, name), child) for name, child in children][::-1]


def modules(model: nn.Module) -> list[nn.Module]:
    """Each module once, parents first."""
    return list({id(module): module for _, module in named_modules(model)}.values())


def named_tensors(model: nn.Module, register: str) -> Iterator[tuple[str, Tensor]]:
    """Each parameter, or each buffer, once, with the first of its names."""
    seen = set()
    for path, module in named_modules(model):
        for name, tensor in registered(module, register).items():
            if id(tensor) not in seen:
                seen.add(id(tensor))
                yield join(path, name), tensor


def tensors(model: nn.Module) -> list[Tensor]:
    """Each parameter once, then each buffer."""
    registers = ("_parameters", "_buffers")
    return [tensor for one in registers for _, tensor in named_tensors(model, one)]


def check_made(model: nn.Module) -> None:
    """Raise `UntraceableModel` for a module that `nn.Module` has not made ready."""
    for path, module in named_modules(model):
        if "_modules" not in vars(module) and not isinstance(module, torch.jit.ScriptModule):
            name = type(module).__name__
            raise UntraceableModel(
                f"{f'{path}, a {name},' if path else name} is no whole nn.Module",
                hint=f"{name}.__init__ must call super().__init__() before all else",
            )


def is_training(module: nn.Module) -> bool:
    """Whether a module is in train mode; not one that does not tell, as frozen TorchScript."""
    try:
        return bool(getattr(module, "training", False))
    except Exception:
        return False


def switch(model: nn.Module, training: bool) -> None:
    """Put a network into a mode as its own `train` does it; where that raises, module by module.

    What `torch.export` made has the mode that it had.
    """
    try:
        model.train(training)
    except KeyboardInterrupt:
        raise
    except BaseException:
        for module in [] if isinstance(model, torch.fx.GraphModule) else modules(model):
            if not isinstance(module, torch.jit.ScriptModule):
                vars(module)["training"] = training


def has_own_call(model: nn.Module) -> bool:
    """Whether its class says itself what calling it means, so that hooks need not be run."""
    return not str(getattr(type(model).__call__, "__module__", "")).startswith("torch.")


def has_bias(module: nn.Module) -> bool:
    """Whether a layer has a bias; one that is parametrized is not asked for, for that computes it.

    A parametrization may draw random numbers, or count how often it is asked.
    """
    return is_parametrized(module, "bias") or getattr(module, "bias", None) is not None


def class_name(module: nn.Module) -> str:
    """The name of the class a user would name."""
    return python_class(module).name


def python_class(module: nn.Module) -> PythonClass:
    """The class a user would name: without the subclass that parametrization puts on top.

    A class that goes by another name than it was defined with (`torch.fx`, TorchScript) cannot be
    found in any module: it is known by that name alone.
    """
    cls = type(module)
    if cls.__name__.startswith("Parametrized") and nn.utils.parametrize.is_parametrized(module):
        cls = nn.utils.parametrize.type_before_parametrizations(module)
    if isinstance(module, torch.jit.ScriptModule):
        return PythonClass("", str(module.original_name))
    if cls.__qualname__.rpartition(".")[2] != cls.__name__:
        return PythonClass("", cls.__name__)
    return PythonClass(str(cls.__module__), cls.__qualname__)


def floating_dtype(model: nn.Module) -> torch.dtype:
    """The floating dtype of the model's first floating parameter; torch's default without one."""
    for tensor in tensors(model):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.get_default_dtype()


def home(model: nn.Module, args: Sequence[Any] = ()) -> torch.device:
    """The device of the first parameter, buffer or argument; the CPU if there is none."""
    for tensor in (*tensors(model), *args):
        if isinstance(tensor, Tensor):
            return tensor.device
    return torch.device("cpu")


def on(model: nn.Module, device: torch.device) -> nn.Module:
    """The network on that device: itself, if all that it holds is there.

    Raises `UntraceableModel` for numbers that are nowhere: on meta there are none to be moved.
    """
    held = tensors(model)
    if device.type != "meta" and any(tensor.is_meta for tensor in held):
        raise UntraceableModel(
            f"{type(model).__name__} has weights on meta, where they have no numbers for {device}",
            hint="build it without torch.set_default_device('meta')",
        )
    is_there = all(tensor.device == device for tensor in held)
    return model if is_there else model.to(device)
