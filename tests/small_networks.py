"""Small networks, and their traces held to what is true of every trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

import resnet_inspect as ri
from resnet_inspect.traces import invariants


class Forward(nn.Module):
    """A network from its layers and parameters by name and a function that runs them."""

    def __init__(self, run: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(self, *args, **kwargs)


def parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.full(shape, 0.5))


def distinct_parameters(model: nn.Module) -> int:
    return sum({id(p): p.numel() for p in model.parameters()}.values())


def surveyed(model: nn.Module, *args: Any, **kwargs: Any) -> ri.Survey:
    """Trace a model, and hold the trace to what is true of every trace and every sum of rows."""
    survey = ri.Survey(ri.trace(model, *args, **kwargs))
    assert invariants.check(survey.trace) == []
    assert sum(own.total for own in survey.parameters) == survey.totals.parameters.total
    assert sum(own or 0 for own in survey.macs) == survey.totals.macs
    if not any(is_lazy(p) for p in model.parameters()):
        assert survey.totals.parameters.total == distinct_parameters(model)
        trainable = {id(p): p.numel() for p in model.parameters() if p.requires_grad}
        assert survey.totals.parameters.trainable == sum(trainable.values())
    return survey


def call(survey: ri.Survey, path: str, nth: int = 1) -> ri.Call:
    (found,) = (c for c in survey.trace.calls if c.path == path and c.nth == nth)
    return found


def shapes(survey: ri.Survey, path: str) -> list[tuple[int, ...]]:
    return [survey.trace.spec(port).shape for port in call(survey, path).outputs]


def ones(size: Any) -> dict[str, Tensor] | tuple[Tensor, ...]:
    if isinstance(size, Mapping):
        return {name: torch.ones(shape) for name, shape in size.items()}
    if all(isinstance(item, int) for item in size):
        return (torch.ones(size),)
    return tuple(torch.ones(shape) for shape in size)


def branch() -> nn.Module:
    def run(m: Any, x: Tensor) -> Tensor:
        taken = m.narrow if x.sum() > -1e9 else m.wide
        return taken(x)

    return Forward(run, narrow=nn.Conv2d(3, 4, 3), wide=nn.Conv2d(3, 8, 3))
