"""All that a trace might change, held before and after."""

from __future__ import annotations

import gc
import random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import _get_current_function_mode_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack


class Snapshot:
    """All that a trace might change: of a model, and of torch, Python and numpy."""

    def __init__(self, model: nn.Module) -> None:
        self.modules = list(model.named_modules(remove_duplicate=False))
        self.kept = [list(vars(module).values()) for _, module in self.modules]  # no id is reused
        self.of_model = {path: _of_module(module) for path, module in self.modules}
        self.tensors = {
            name: (id(tensor), tensor.device, tensor.dtype, tensor.stride(), tensor.requires_grad,
                   tensor._version, None if tensor.is_meta else tensor.data_ptr())
            for name, tensor in model.state_dict(keep_vars=True).items()
        }  # fmt: skip
        self.values = {n: t.detach().clone() for n, t in model.state_dict(keep_vars=True).items()}
        self.gradients = {
            name: (id(p.grad), None if p.grad is None else p.grad.clone())
            for name, p in model.named_parameters()
        }
        self.around = _of_torch()

    def compare(self, other: Snapshot) -> None:
        assert self.modules == other.modules
        assert self.of_model == other.of_model
        assert list(self.tensors) == list(other.tensors)
        assert self.tensors == other.tensors
        for name, value in self.values.items():
            assert value.is_meta or torch.equal(value, other.values[name]), name
        assert self.gradients.keys() == other.gradients.keys()
        for name, (identity, gradient) in self.gradients.items():
            now, after = other.gradients[name]
            assert identity == now, name
            assert gradient is None or torch.equal(gradient, after), name
        assert self.around == other.around


def _of_module(module: nn.Module) -> dict[str, Any]:
    """Names in order and identities of attributes, and those of what dicts and lists hold."""
    inside = {
        name: (list(map(id, value)), list(map(id, getattr(value, "values", list)())))
        for name, value in vars(module).items()
        if isinstance(value, dict | list | set)
    }
    return {
        "class": type(module),
        "attributes": [(name, id(value)) for name, value in vars(module).items()],
        "inside": inside,
        "training": module.training,
    }


def _of_torch() -> dict[str, Any]:
    homes = (torch, functional, Tensor, nn.Module, nn.Conv2d, nn.Linear, torch.autograd.Function)
    functions = {
        (home.__name__, name): id(value)
        for home in homes
        for name, value in vars(home).items()
        if callable(value)
    }
    return {
        "torch numbers": torch.get_rng_state().tolist(),
        "python numbers": random.getstate(),
        "numpy numbers": str(np.random.get_state()),
        "gradients": torch.is_grad_enabled(),
        "cycles are looked for": gc.isenabled(),
        "inference": torch.is_inference_mode_enabled(),
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "function modes": _get_current_function_mode_stack(),
        "dispatch modes": _get_current_dispatch_mode_stack(),
        "functions": functions,
    }
